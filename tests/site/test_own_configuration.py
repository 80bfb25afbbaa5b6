"""A project with a mkdocs.yml of its own keeps what it says there, and has the site's own parts too."""

from pathlib import Path

import pytest

from tests.calling import plumb

pytestmark = pytest.mark.slow

OWN = """\
site_name: Mine
copyright: Ours
theme: {name: material, custom_dir: theirs}
hooks: [mine.py]
extra_css: [own.css]
"""
HOOK = "def on_page_content(html, **_):\n    return html + '<p>by mine</p>'\n"
TEMPLATE = '{% extends "base.html" %}{% block announce %}by theirs{% endblock %}'


def test_hooks_templates_styles_and_words_of_a_project_stay(tmp_path: Path) -> None:
    assert plumb("init", "data", cwd=tmp_path).returncode == 0
    assert plumb("build", cwd=tmp_path).returncode == 0
    (tmp_path / "mkdocs.yml").write_text(OWN)
    (tmp_path / "mine.py").write_text(HOOK)
    (tmp_path / "docs/own.css").touch()
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs/main.html").write_text(TEMPLATE)
    done = plumb("site", "build", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    page = (tmp_path / "site/index.html").read_text("utf-8")
    for word in ("<title>Mine</title>", "by mine", "by theirs", "Ours", 'href="own.css"', 'class="picture"'):
        assert word in page, word
    # its style sheet comes after ours, which it may overrule
    assert page.index("assets/plumbline.css") < page.index('href="own.css"')


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of `plumb init` with its pages."""
    folder = tmp_path_factory.mktemp("project")
    assert plumb("init", "data", cwd=folder).returncode == 0
    assert plumb("build", cwd=folder).returncode == 0
    return folder


@pytest.mark.parametrize(
    "own", ["site_name: Mine\ntheme: mkdocs\n", "site_name: Mine\n", "", "docs_dir:\ntheme:\nhooks:\n"]
)
def test_a_configuration_may_be_short(built: Path, own: str) -> None:
    (built / "mkdocs.yml").write_text(own)
    done = plumb("site", "build", cwd=built)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("own", "code", "named"),
    [
        ("- a\n", 2, "mkdocs.yml"),
        ("a: [\n", 2, "line 2"),
        ("INHERIT: nowhere.yml\n", 2, "nowhere.yml"),
        ("\xff", 2, "mkdocs.yml"),
        ("hooks: own.py\n", 1, "'hooks'"),
        ("docs_dir: 7\n", 3, "no pages in 7"),
        ("theme: [x]\n", 1, "'theme'"),
        ("theme: {custom_dir: 7}\n", 1, "'theme'"),
        ("theme: nosuch\n", 1, "nosuch"),
        ("hooks: [7]\n", 1, "'hooks'"),
        ("docs_dir: nowhere\n", 3, "nowhere"),
    ],
)
def test_a_wrong_configuration_is_named(built: Path, own: str, code: int, named: str) -> None:
    (built / "mkdocs.yml").write_bytes(own.encode("latin-1"))
    done = plumb("site", "build", cwd=built)
    said = done.stdout + done.stderr
    assert done.returncode == code, said
    assert named in said
    assert "Traceback" not in said
