"""Programs that come together, and those that a shell has by itself."""

from collections.abc import Mapping


def _words(*lines: str) -> frozenset[str]:
    return frozenset(" ".join(lines).split())


BUILTINS = _words(
    ". : [ alias bg break cd command continue echo eval exec exit export false fg getopts hash jobs kill local printf pwd read",
    "readonly return set shift source test times trap true type ulimit umask unalias unset wait",
)
"""Of a POSIX shell; bash and busybox's ash have these too."""

_COREUTILS = _words(
    "[ arch b2sum base32 base64 basename cat chgrp chmod chown chroot cksum comm cp csplit cut date dd df dir dirname du echo env",
    "expand expr factor false fmt fold groups head hostid id install join link ln logname ls md5sum mkdir mkfifo mknod mktemp mv",
    "nice nl nohup nproc numfmt od paste pathchk pr printenv printf ptx pwd readlink realpath rm rmdir seq sha1sum sha224sum",
    "sha256sum sha384sum sha512sum shred shuf sleep sort split stat stdbuf stty sum sync tac tail tee test timeout touch tr true",
    "truncate tsort tty uname unexpand uniq unlink users vdir wc who whoami yes",
)
_BUSYBOX = _words(
    "[ ash awk base64 basename bc bunzip2 bzip2 cat chgrp chmod chown chroot cksum clear cmp comm cp cut date dc dd df diff dirname",
    "du echo ed egrep env expand expr false fgrep find flock fold free fuser getopt grep groups gunzip gzip head hexdump hostname",
    "id install ip kill killall less ln logger ls md5sum mkdir mkfifo mknod mktemp more mount mv nc netstat nice nl nohup nproc",
    "nslookup od paste pgrep pidof ping pkill printenv printf ps pwd readlink realpath reset rev rm rmdir sed seq sh sha1sum",
    "sha256sum sha512sum shuf sleep sort split stat strings stty su sync tac tail tar tee test time timeout top touch tr true",
    "truncate tty umount uname unexpand uniq unlink unzip uptime vi watch wc wget which whoami xargs xxd yes zcat",
)
SETS: Mapping[str, frozenset[str]] = {
    "busybox": _BUSYBOX,
    "coreutils": _COREUTILS,
    "bash": frozenset({"sh"}),
}
"""What the name of a package stands for in `programs` of a contract."""
