"""One job: run openstacksdk's own functional tests of what is served, as they came with the package.

sdk.txt names the modules and, after a test or a class of tests that cannot pass, the reason. Of every other test it is
expected that it passes; one that skips itself has not passed. A test listed there that passes is a failure too: the
list is to be true.
"""

import os
import pathlib
import subprocess
import sys
import xml.etree.ElementTree

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
    verdicts_file = here.folder / "sdk.xml"
    # The package warns of what it is about to remove by raising, unless its tests are told otherwise.
    environment = dict(os.environ, OS_TEST_TIMEOUT="120", OPENSTACKSDK_FUNC_TEST_TIMEOUT="60", OS_LOG_CAPTURE="1")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "--tb=short", "--junitxml=%s" % verdicts_file]
        + [str(root / (module + ".py")) for module in modules],
        env=environment,
        cwd=here.folder,
        capture_output=True,
        text=True,
    )
    passed = failed = 0
    for name, verdict, why in verdicts(verdicts_file):
        listed = name in expected or name.rpartition("::")[0] in expected
        good = (verdict == "passed") != listed
        passed, failed = passed + good, failed + (not good)
        if not good:
            print("  %s %s %s" % (verdict, name, "though sdk.txt says that it cannot" if listed else why))
    if not passed:
        print(done.stdout[-20000:], done.stderr[-2000:])
        failed = failed or 1
    return passed, failed


def verdicts(file):
    """Name (`test_port::TestPort::test_find`), verdict and what was said, of each test."""
    if not file.exists():
        return
    for case in xml.etree.ElementTree.parse(file).iter("testcase"):
        module, _, cls = case.get("classname").rpartition(".")
        name = "::".join((module.rpartition(".")[2], cls, case.get("name")))
        trouble = [child for child in case if child.tag in ("failure", "error", "skipped")]
        if trouble:
            said = "%s\n%s" % (trouble[0].get("message"), trouble[0].text)
            yield name, trouble[0].tag, said if len(said) < 6000 else said[:3000] + " [...] " + said[-3000:]
        else:
            yield name, "passed", ""
