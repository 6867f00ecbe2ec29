"""One job: run openstacksdk's own functional tests of what is served, as they came with the package.

sdk.txt names the modules and, after a test or a class of tests that cannot pass, the reason. A test listed there that
passes is a failure too: the list is to be true.
"""

import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


def lists():
    modules, expected = [], {}
    for line in (HERE / "sdk.txt").read_text().splitlines():
        line = line.split("#", 1)[0].strip()
        name, _, reason = line.partition(" ")
        if "::" in name:
            expected[name] = reason.strip()
        elif name:
            modules.append(name)
    return modules, expected


def run(here, _):
    import openstack.tests.functional

    root = pathlib.Path(openstack.tests.functional.__file__).parent
    modules, expected = lists()
    # The package warns of what it is about to remove by raising, unless its tests are told otherwise.
    environment = dict(os.environ, OS_TEST_TIMEOUT="120", OPENSTACKSDK_FUNC_TEST_TIMEOUT="60", OS_LOG_CAPTURE="1")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "-rA", "--tb=short"]
        + [str(root / (module + ".py")) for module in modules],
        env=environment,
        cwd=here.folder,
        capture_output=True,
        text=True,
    )
    # `PASSED path/network/v2/test_port.py::TestPort::test_find`
    verdicts = re.findall(r"^(PASSED|FAILED|ERROR|SKIPPED) (?:\S*/)?(test_\w+\.py::\S+)", done.stdout, re.M)
    passed = failed = 0
    for verdict, test in verdicts:
        name = test.replace(".py", "")
        if verdict == "SKIPPED":
            continue
        listed = name in expected or name.rpartition("::")[0] in expected
        good = (verdict == "PASSED") != listed
        passed, failed = passed + good, failed + (not good)
        if not good:
            print("  %s %s" % (verdict, name))
    skipped = re.findall(r"^SKIPPED .*", done.stdout, re.M)
    for line in skipped:
        print("  %s" % line)
    if failed or not verdicts:
        print(done.stdout[-20000:], done.stderr[-2000:])
        failed = failed or 1
    return passed, failed
