"""Scripts that lie, each by another way that a shell has, are found by their rule; honest ones of the same shapes are not."""

from collections.abc import Mapping

import pytest
import yaml

from tests.rules.edited import edited
from validators.rules import RULES
from validators.rules.examples import example_spec

SCRIPT_RULES = [id for id in RULES if ("PLB830" <= id <= "PLB849" and id != "PLB840") or id in ("PLB855", "PLB856")]


def found(run: str, **fields: str) -> set[str]:
    """Rules that find something in a step."""
    step = {"title": "Do it", "where": "host", "run": run, "expect": "nothing", "undo": "nothing"} | fields
    runbook = {
        "title": "Sample",
        "summary": "One step.",
        "modes": ["single"],
        "duration_min": 5,
        "on_failure": "again",
        "steps": [step],
    }
    spec = example_spec(yaml.safe_dump({"runbooks/sample.yaml": runbook}, width=1000))
    return {each for each in SCRIPT_RULES if list(RULES[each].findings(spec))}


VERIFICATIONS = {
    "PLB830": [
        'test ! "$(docker ps -q)"',
        'test "x$(docker ps -q)" = x',
        "docker ps -q | grep -c web | grep -qx 0",
        "while docker ps | grep -q web; do sleep 1; done",
        "if grep -q ERROR /var/log/x; then exit 1; else echo fine; fi",
        "docker inspect web || exit 0\nexit 1",
        'code=0\ndocker inspect web || code=$?\ntest "$code" -ne 0',
        'state=$(docker inspect web || echo gone)\ntest "$state" = gone',
        "if ! docker inspect web; then exit 0; fi\nexit 1",
        "until ! docker ps | grep -q web; do sleep 1; done",
        "docker ps -q | cmp -s - /dev/null",
        "docker ps -q | diff - /dev/null",
        'docker ps -q | [ "$(wc -l)" = 0 ]',
        'left=$(docker ps -q) || left=\ntest -z "$left"',
        "docker ps -q > /tmp/x || :\ntest ! -s /tmp/x",
        "left() { docker ps -q || :; }\nfor each in $(left); do exit 1; done",
        "docker compose exec -T web sh -ec '! ls /x | grep -q y'",
        "ssh -p 22 host '! docker ps | grep -q web'",
        "bash -ec '! docker ps | grep -q web'",
    ],
    "PLB831": [
        'left=$(docker ps -q | wc -l)\ntest "$left" -eq 0',
        'left=$(docker ps | sed 1d)\ntest -z "$left"',
        "docker ps | grep -qv web",
    ],
    "PLB832": [
        'left=$(docker ps -q || true)\ntest -z "$left"',
        "code=$(curl -q -s -w '%{http_code}' http://x || true)\ntest \"$code\" != 200",
        "if ! grep -q x /y; then echo missing; fi",
        "trap 'exit 0' EXIT\ndocker ps | grep -q web",
        "sh -ec 'docker ps || true'",
        "docker compose exec -T web sh -c 'grep -q x /y; true'",
        "sh <<'END'\ngrep -q x /y\ntrue\nEND",
        "ssh host sh <<'END'\ngrep -q x /y\ntrue\nEND",
        "echo a | xargs -n 1 sh -c 'grep -q x /y; true'",
        "grep -q x /y || sleep 1",
        "look() { grep -q x /y; grep -q x /z; }\nlook || exit 1",
        "{ grep -q x /y; grep -q x /z; } || exit 1",
        "if grep -q x /y; grep -q x /z; then echo fine; else exit 1; fi",
        "set +o errexit\ngrep -q x /y\ngrep -q x /z",
    ],
    "PLB833": ['case "$(docker ps -q)" in ?*) exit 1 ;; esac'],
    "PLB834": [
        "find /srv -name export.tar",
        "test done",
        "test 1 = 1",
        "[ docker ]",
        "command -v docker",
        "hostname; date",
        "eval true",
    ],
    "PLB835": ['for file in /srv/*.tar; do tar -tf "$file" > /dev/null; done'],
}
RUNS = {
    "PLB832": [
        "cp a b || exit 0\ncp c d",
        "code=0\ncp a b || code=$?\necho $code",
        "n=0\nwhile ! cp a b; do n=$((n + 1)); test $n -lt 5 || break; done",
        "i=0\nuntil cp a b || test $i -gt 9; do i=$((i + 1)); sleep 1; done",
        "if cp a b; then :; else echo failed; fi",
        "find /srv -name list -exec cp {} b \\;",
        "make -i all",
        "su ops -c 'cp a b; cp c d'",
    ],
    "PLB839": [
        "mkfs.ext4 /dev/sdb",
        "dd if=/dev/zero of=/dev/sdb",
        'rm -rf "$HOME"',
        "ssh host 'rm -rf /srv/data'",
        "sh -ec 'rm -rf /srv/data'",
        "docker compose exec -T db rm -rf /srv/data",
        "sudo -u root rm -rf /srv/data",
        "\\rm -rf /srv/data",
        "command rm -rf /srv/data",
        "eval 'rm -rf /srv/data'",
        "hcloud volume delete x",
        "rsync -a --delete /a/ /b/",
        "git clean -fdx",
        "docker system prune -af --volumes",
        "psql -v ON_ERROR_STOP=1 <<END\nDROP TABLE x;\nEND",
        "plumb runbook run other --yes --confirm acme",
    ],
    "PLB841": ["ssh host 'curl -s http://localhost/health'"],
    "PLB844": [
        "psql -f /srv/change.sql",
        "psql <<END\nUPDATE x SET a = 1;\nUPDATE y SET a = 1;\nEND",
        "psql -c 'UPDATE x SET a = 1' -c 'UPDATE y SET a = 1'",
    ],
    "PLB855": ["psql -c 'SELECT 1'", "psql -c 'SELECT X'", "curl -f -q http://x", "sudo curl -fsS http://x"],
    "PLB856": ['echo "$NOWHERE"', 'rm -f "$NOWHERE/a"', 'psql -X -c "SELECT $NOWHERE"', "cd $NOWHERE"],
}
UNDOES = {
    "PLB837": ["sh -ec 'rm -rf /srv/*'", "ssh host 'rm -rf /srv/*'", "docker compose exec -T db sh -ec 'rm /data/*'"],
    "PLB838": ["docker compose exec -T db rm -rf /data", "ssh host rm -rf /srv/b"],
    "PLB843": [
        "dropdb x",
        "docker compose down -v",
        "docker volume rm x",
        "plumb provision destroy --yes",
        "psql -c 'DROP TABLE x'",
    ],
}
HONEST: dict[str, Mapping[str, str]] = {
    "no start-up file": {
        "run": "psql -Xqc 'SELECT 1'\npsql --no-psqlrc -c 'SELECT 1'\ncurl -qf http://x\ncurl --disable -f http://x"
    },
    "variables that are set": {
        "run": 'a=1; for b in x; do echo "$a $b"; done; echo c | while read -r c; do echo "$c"; done; echo "$HOME ${D:-} ${E:?} $1"'
    },
    "a loop that ends": {"run": 'for each in a b; do ssh "$each" true || exit 1; done'},
    "a condition with two ways": {"run": "if test -e /x; then cp /x /y; else cp /z /y; fi"},
    "tries": {"run": 'n=0\nuntil curl -q -fsS http://x; do n=$((n + 1)); test "$n" -lt 30; sleep 1; done'},
    "tries, the other way": {
        "run": 'n=0\nwhile ! curl -q -fsS http://x; do n=$((n + 1)); [ "$n" -lt 30 ] || exit 1; done'
    },
    "a subshell as a whole": {"run": "( cd /srv && docker compose up -d ) || exit 1"},
    "a function that ends": {"run": 'fail() { echo "$1" >&2; exit 1; }\ncp /a /b || fail gone'},
    "a temporary folder": {"run": 'new=$(mktemp -d)\ncp /a "$new/a"\nmv "$new/a" /b\nrm -r "$new"'},
    "a partial file": {"run": "rm -f /x.partial\ncp /a /x.partial\nmv /x.partial /x"},
    "a shell that stops": {"run": "docker compose exec -T db sh -ec 'cp /a /b; cp /c /d'"},
    "a here-document that stops": {"run": "ssh host sh -e <<'END'\ncp /a /b\ncp /c /d\nEND"},
    "ssh with options": {"run": "ssh -J bastion -p 22 host 'cd /opt && docker compose up -d'"},
    "one statement": {"run": 'psql -X "${URL:?}" -c "UPDATE x SET a = 1 WHERE b = 2"'},
    "a count that is wanted": {"run": "true", "verify": 'test "$(docker ps -q | wc -l)" -ge 1'},
    "nothing, said by a program": {"run": "true", "verify": 'left=$(docker ps -q)\ntest -z "$left"'},
    "a count of what was got": {
        "run": "true",
        "verify": 'left=$(docker ps -q)\ntest "$(printf %s "$left" | wc -l)" -eq 0',
    },
    "a zero that a program says": {"run": "true", "verify": 'psql -XAtc "SELECT count(*) FROM x" | grep -qx 0'},
    "images can be had again": {"run": "docker image prune -f"},
    "said": {"run": "mkdir /x", "undo": "dropdb x", "undo_destroys": "what is in x"},
    "a state": {"run": "true", "verify": 'said=$(docker inspect x)\ncase "$said" in up) ;; *) exit 1 ;; esac'},
    "a hint": {"run": "if test -e /old; then echo 'there is an old one'; fi\ncp /a /b"},
    "another way": {"run": "cp /a /b || cp /c /b\nchmod 0600 /b"},
    "a code that is an answer": {"run": 'code=0\nsh /opt/status.sh || code=$?\ntest "$code" -le 1'},
    "a value of its own": {"run": 'said=$(docker inspect x) || said=none\necho "$said"'},
    "nothing to do": {"run": "test -e /srv/new || exit 0\ncp /srv/new /srv/old"},
    "waiting for an end": {"run": "until curl -q -fsS http://x; do sleep 1; done"},
    "found and changed": {"run": "find /srv -name list -exec chmod 0600 {} +"},
    "a way that is asked for": {"run": "if command -v sops > /dev/null; then sops encrypt x; else age x; fi"},
}


@pytest.mark.parametrize(("rule", "text"), [(rule, text) for rule, texts in VERIFICATIONS.items() for text in texts])
def test_a_verification_that_lies_is_found(rule: str, text: str) -> None:
    assert rule in found("true", verify=text)


@pytest.mark.parametrize(("rule", "text"), [(rule, text) for rule, texts in RUNS.items() for text in texts])
def test_a_run_that_hides_something_is_found(rule: str, text: str) -> None:
    assert rule in found(text)


@pytest.mark.parametrize(("rule", "text"), [(rule, text) for rule, texts in UNDOES.items() for text in texts])
def test_an_undo_that_takes_more_is_found(rule: str, text: str) -> None:
    assert rule in found("mkdir /srv/a", undo=text)


@pytest.mark.parametrize("fields", HONEST.values(), ids=HONEST)
def test_an_honest_step_is_not_blamed(fields: Mapping[str, str]) -> None:
    assert found(**fields) == set()


@pytest.mark.slow
def test_a_script_that_can_not_be_read_is_found_at_the_line_where_the_reading_ends() -> None:
    last = "'config/traefik/routes/{{ tenant }}.suspended.yml'\n"
    found = edited("runbooks/suspend-tenant.yaml", f".new' {last}", f".new' {last[1:]}")
    assert found.rules == ["PLB842"]
    assert found.is_near
