"""An upload on its way: to the scanner and into the store at once, and kept nowhere else. A folder in memory is no room for it."""

import hashlib
from typing import Any

from botocore.exceptions import ClientError

from docpipe import scanning, stores

PART = 8 << 20
"""Bytes that are held until the store gets them; S3 takes no part below 5 MiB but the last."""
HEAD = 4096
"""Bytes that tell the type of content."""


class Taking:
    """Content that comes in pieces; no object of that name is there before `keep`. Raises OSError where nobody scans."""

    def __init__(self, tenant: str, document: str, mime: str):
        self.scan = scanning.Stream()
        self.digest, self.size, self.head = hashlib.sha256(), 0, b""
        self._client = stores.objects()
        bucket = stores.held(lambda: stores.bucket(self._client, tenant))
        self._where = {"Bucket": bucket, "Key": f"raw/{document}"}
        self._mime, self._held = mime, bytearray()
        self._upload: dict[str, Any] = {}
        self._parts: list[dict[str, Any]] = []

    def write(self, piece: bytes) -> None:
        """Take a piece."""
        self.digest.update(piece)
        self.size += len(piece)
        self.head += piece[: HEAD - len(self.head)]
        self.scan.send(piece)
        self._held += piece
        if len(self._held) >= PART:
            self._pass_on()

    def keep(self) -> None:
        """Make an object of it."""
        if not self._upload:
            whole = bytes(self._held)
            stores.held(lambda: self._client.put_object(**self._where, Body=whole, ContentType=self._mime))
            return
        if self._held:
            self._pass_on()
        stores.held(self._complete)
        self._upload = {}

    def drop(self) -> None:
        """Leave nothing of what was not kept."""
        self.scan.close()
        if self._upload:
            self._client.abort_multipart_upload(**self._upload)

    def _pass_on(self) -> None:
        if not self._upload:
            made = stores.held(lambda: self._client.create_multipart_upload(**self._where, ContentType=self._mime))
            self._upload = {**self._where, "UploadId": made["UploadId"]}
        number = len(self._parts) + 1
        body = bytes(self._held)
        part = stores.held(lambda: self._client.upload_part(**self._upload, PartNumber=number, Body=body))
        self._parts.append({"PartNumber": number, "ETag": part["ETag"]})
        self._held.clear()

    def _complete(self) -> None:
        """Again, it is done already where the store went away before it could answer."""
        try:
            self._client.complete_multipart_upload(**self._upload, MultipartUpload={"Parts": self._parts})
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchUpload":
                raise
            self._client.head_object(**self._where)
