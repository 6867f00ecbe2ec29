"""One job: an Open vSwitch with a dummy datapath that joins weft as any node does, so that there is an agent."""

import os
import pathlib
import shutil
import subprocess
import time

# Where Debian's Open vSwitch keeps its schema; WEFT_OVS_SCHEMA names another place.
SCHEMA = os.environ.get("WEFT_OVS_SCHEMA", "/usr/share/openvswitch/vswitch.ovsschema")
HOSTNAME = "conformance-node"


class Switch:
    """Both servers, until `stop`."""

    def __init__(self, folder):
        for program in ("ovs-vswitchd", "ovsdb-server", "ovsdb-tool", "ovs-vsctl"):
            assert shutil.which(program), "%s is not on PATH; `make conformance` puts it there" % program
        self.folder = pathlib.Path(folder) / "switch"
        self.folder.mkdir()
        self.environment = dict(os.environ)
        for variable in ("OVS_RUNDIR", "OVS_DBDIR", "OVS_LOGDIR", "OVS_SYSCONFDIR"):
            self.environment[variable] = str(self.folder)
        self.processes = []

    def start(self, manager):
        database, socket = self.folder / "conf.db", self.folder / "db.sock"
        self.run("ovsdb-tool", "create", database, SCHEMA)
        server = self.serve("ovsdb-server", database, "--remote=punix:%s" % socket,
                            "--remote=db:Open_vSwitch,Open_vSwitch,manager_options",
                            "--unixctl=%s" % (self.folder / "ovsdb.ctl"))
        while not socket.exists():
            assert server.poll() is None, (self.folder / "log").read_text()
            time.sleep(0.05)
        vsctl = ("ovs-vsctl", "--no-wait", "--db=unix:%s" % socket)
        self.run(*vsctl, "init")
        self.run(*vsctl, "set", "Open_vSwitch", ".", "external_ids:system-id=%s" % HOSTNAME,
                 "external_ids:hostname=%s" % HOSTNAME, "external_ids:ovn-encap-ip=192.0.2.1",
                 "external_ids:ovn-bridge-mappings=public:br-ex",
                 "external_ids:ovn-cms-options=availability-zones=nova",
                 "external_ids:ovn-bridge-datapath-type=netdev")
        self.run(*vsctl, "set-manager", manager)
        self.serve("ovs-vswitchd", "unix:%s" % socket, "--enable-dummy=override", "--disable-system",
                   "--disable-system-route", "--unixctl=%s" % (self.folder / "vswitchd.ctl"))

    def run(self, *words):
        subprocess.run([str(word) for word in words], env=self.environment, check=True)

    def serve(self, *words):
        log = open(self.folder / "log", "a")
        process = subprocess.Popen([str(word) for word in words], env=self.environment, stdout=log, stderr=log)
        self.processes.append(process)
        return process

    def stop(self):
        for process in reversed(self.processes):
            process.terminate()
            process.wait(timeout=30)
