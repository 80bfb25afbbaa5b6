"""`make hostile`: what `plumb check` says of hundreds of inputs that mean harm; the last line is the score.

python -m proofs.hostile [words of a case's name]
"""

import sys

from tests.hostile.corpus import corpus
from tests.hostile.judging import FORMATS, base_seconds, judged


def main(words: list[str]) -> int:
    """Judge every case, or those that the words name."""
    import plumbline.cli.check  # before the processes are parted, so that none pays for it

    del plumbline
    cases = [case for case in corpus() if all(word in case.name for word in words)]
    base, good = base_seconds(), 0
    for number, case in enumerate(cases):
        wrong = judged(case, base, FORMATS[number % len(FORMATS)])
        good += not wrong
        for problem in wrong:
            print(f"{case.name!r}: {problem}", flush=True)
    print(f"hostile: {good} of {len(cases)} as they have to be")
    return 0 if good == len(cases) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
