"""One job: a weft with a Keystone and a node on loopback, and the files its clients are configured by."""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request

import switch

CLOUDS = {
    # The names openstacksdk's functional tests know: user, who else, project, role.
    "devstack": ("member", "demo"),
    "devstack-alt": ("alt", "alt"),
    "devstack-admin": ("admin", "admin"),
    "devstack-system-admin": ("admin", None),
}

CONFIGURATION = """\
[DEFAULT]
auth_strategy = keystone
bind_host = 127.0.0.1
bind_port = {port}
[database]
connection = sqlite:///{folder}/weft.db
[ml2]
type_drivers = flat,vlan,vxlan,gre,geneve
tenant_network_types = vxlan
[ml2_type_flat]
flat_networks = *
[ml2_type_vlan]
network_vlan_ranges = public:100:200
[keystone_authtoken]
www_authenticate_uri = {keystone}
auth_url = {keystone}
auth_type = password
username = neutron
password = neutron
project_name = service
user_domain_name = default
project_domain_name = default
[weft]
ovsdb_listen = tcp:127.0.0.1:{ovsdb}
openflow_listen = tcp:127.0.0.1:{openflow}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class House:
    """All of them, for as long as the context lasts."""

    def __init__(self, folder, weft, keystone, cloud):
        self.folder = pathlib.Path(folder)
        self.weft, self.keystone = weft, keystone
        self.port = free_port()
        self.address = "http://127.0.0.1:%d" % self.port
        shutil.copytree(pathlib.Path(cloud).resolve(), self.folder / "cloud")
        self.processes = []
        self.node = None
        self.log = self.folder / "weft.log"

    def __enter__(self):
        try:
            return self.build()
        except BaseException:
            self.__exit__()
            raise

    def build(self):
        serve = pathlib.Path(__file__).resolve().parent.parent / "keystone" / "serve.py"
        identity = subprocess.Popen(
            [self.keystone, serve, self.folder / "cloud"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=open(self.folder / "keystone.out", "w"),
            text=True,
        )
        self.processes.append(identity)
        self.identity = identity.stdout.readline().strip()
        assert self.identity, (self.folder / "keystone.out").read_text()
        configuration = self.folder / "weft.conf"
        ovsdb = free_port()
        configuration.write_text(
            CONFIGURATION.format(
                folder=self.folder,
                port=self.port,
                keystone=self.identity,
                ovsdb=ovsdb,
                openflow=free_port(),
            )
        )
        controller = subprocess.Popen(
            [self.weft, "serve", "--config-file", configuration],
            stdout=open(self.log, "w"),
            stderr=subprocess.STDOUT,
        )
        self.processes.append(controller)
        self.wait()
        self.describe_clouds()
        self.node = switch.Switch(self.folder)
        self.node.start("tcp:127.0.0.1:%d" % ovsdb)
        self.wait_for_node()
        return self

    def __exit__(self, *_):
        if self.node:
            self.node.stop()
        for process in reversed(self.processes):
            process.terminate()
            process.wait(timeout=30)

    def wait(self):
        for _ in range(300):
            try:
                urllib.request.urlopen(self.address + "/healthcheck", timeout=5).read()
                return
            except (urllib.error.URLError, OSError):
                assert self.processes[-1].poll() is None, self.log.read_text()
                time.sleep(0.1)
        raise AssertionError("weft does not answer\n" + self.log.read_text())

    def wait_for_node(self):
        """Until it is an agent, alive: tests ask for one as soon as they run."""
        asked = urllib.request.Request(
            self.address + "/v2.0/agents?alive=true", headers={"X-Auth-Token": self.token()}
        )
        for _ in range(300):
            if json.load(urllib.request.urlopen(asked, timeout=5))["agents"]:
                return
            time.sleep(0.1)
        lines = [line for line in self.log.read_text().splitlines() if "api::access" not in line]
        raise AssertionError("\n".join(["the node does not join"] + lines))

    def describe_clouds(self):
        clouds = {}
        for name, (user, project) in CLOUDS.items():
            auth = {
                "auth_url": self.identity + "/v3",
                "username": user,
                "password": user,
                "user_domain_id": "default",
            }
            if project:
                auth.update(project_name=project, project_domain_id="default")
            else:
                auth["system_scope"] = "all"
            clouds[name] = {
                "auth": auth,
                "region_name": "RegionOne",
                "network_endpoint_override": self.address,
            }
        # YAML reads JSON.
        (self.folder / "clouds.yaml").write_text(json.dumps({"clouds": clouds}))
        os.environ["OS_CLIENT_CONFIG_FILE"] = str(self.folder / "clouds.yaml")

    def token(self, cloud="devstack-admin"):
        """A token of one of the clouds."""
        import openstack

        return openstack.connect(cloud=cloud).auth_token

    def troubles(self):
        """Lines of the log that say that something failed inside."""
        lines = self.log.read_text(errors="replace").splitlines()
        found = [line for line in lines if " ERROR " in line or "panicked" in line]
        if self.processes[-1].poll() is not None:
            found.append("weft has ended: %s" % lines[-1:])
        return found
