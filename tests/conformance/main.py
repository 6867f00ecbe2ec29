"""One job: run every part of the conformance suite against one weft, and count.

  main.py --weft BINARY --keystone PYTHON --cloud FOLDER [--part tour|sdk|fuzz] [--examples N]

Ends with a line `N passed, N failed`, and in error where something failed.
"""

import argparse
import sys
import tempfile

import fuzz
import house
import sdk
import tour

PARTS = {"tour": tour.run, "sdk": sdk.run, "fuzz": fuzz.run}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weft", required=True)
    parser.add_argument("--keystone", required=True)
    parser.add_argument("--cloud", required=True)
    parser.add_argument("--part", choices=PARTS, action="append")
    parser.add_argument("--examples", type=int, default=20, help="requests the fuzzer makes for each operation")
    asked = parser.parse_args()
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="weft-conformance-") as folder:
        with house.House(folder, asked.weft, asked.keystone, asked.cloud) as here:
            for part in asked.part or PARTS:
                print("==== %s" % part, flush=True)
                good, bad = PARTS[part](here, asked)
                print("%s: %d passed, %d failed" % (part, good, bad), flush=True)
                passed, failed = passed + good, failed + bad
            # Whatever was asked of it, it goes on, and says of nothing that it failed inside.
            for trouble in here.troubles():
                print("log: %s" % trouble)
                failed += 1
    print("%d passed, %d failed" % (passed, failed))
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
