"""One job: make the cloud that tests copy: a Keystone's database and keys in FOLDER.

  cloud.py FOLDER

Domains, projects, users, roles and a catalogue as a small deployment has them. A user's password is
the user's name.
"""

import os
import pathlib
import subprocess
import sys

import serve

# The deployment that tests/config.rs has the files of calls the first domain `default`, which a
# database that does not compare case takes for `Default`. SQLite compares it.
DOMAINS = ["default", "far"]
PROJECTS = [
    ("service", "default"),
    ("demo", "default"),
    ("alt", "default"),
    ("distant", "far"),
]
# User, domain, and what the user is: role, and the project, domain or system it holds for.
USERS = [
    ("neutron", "default", [("admin", "project", "service"), ("service", "project", "service")]),
    ("nova", "default", [("admin", "project", "service"), ("service", "project", "service")]),
    ("manager", "default", [("manager", "project", "demo")]),
    ("member", "default", [("member", "project", "demo")]),
    ("reader", "default", [("reader", "project", "demo")]),
    ("alt", "default", [("member", "project", "alt"), ("member", "project", "demo")]),
    ("distant", "far", [("admin", "domain", "far"), ("member", "project", "distant")]),
    ("auditor", "default", [("reader", "system", "all")]),
    ("nobody", "default", []),
]
NETWORK = "http://127.0.0.1:9696"


class Cloud:
    """Keystone, called in this process."""

    def __init__(self):
        from werkzeug.test import Client

        self.client = Client(serve.application())
        identity = {
            "methods": ["password"],
            "password": {"user": {"name": "admin", "domain": {"id": "default"}, "password": "admin"}},
        }
        auth = {"identity": identity, "scope": {"system": {"all": True}}}
        answer = self.client.post("/v3/auth/tokens", json={"auth": auth})
        assert answer.status_code == 201, answer.text
        self.headers = {"X-Auth-Token": answer.headers["X-Subject-Token"]}

    def ask(self, method, path, body=None):
        answer = self.client.open("/v3" + path, method=method, json=body, headers=self.headers)
        assert answer.status_code in (200, 201, 204), (method, path, answer.text)
        return answer.json if answer.text else None

    def make(self, kind, **fields):
        return self.ask("POST", "/%ss" % kind, {kind: fields})[kind]["id"]

    def ids(self, kind):
        rows = self.ask("GET", "/%ss" % kind)[kind + "s"]
        return {row["name"]: row["id"] for row in rows}


def fill(cloud):
    cloud.ask("PATCH", "/domains/default", {"domain": {"name": "default"}})
    domains = {"default": "default"}
    domains.update((name, cloud.make("domain", name=name)) for name in DOMAINS[1:])
    places = {"domain": domains, "project": {}}
    for name, domain in PROJECTS:
        places["project"][name] = cloud.make("project", name=name, domain_id=domains[domain])
    roles = cloud.ids("role")
    for name, domain, grants in USERS:
        user = cloud.make("user", name=name, password=name, domain_id=domains[domain])
        for role, kind, place in grants:
            at = "/system" if kind == "system" else "/%ss/%s" % (kind, places[kind][place])
            cloud.ask("PUT", "%s/users/%s/roles/%s" % (at, user, roles[role]))
    service = cloud.make("service", name="neutron", type="network")
    for interface in ("public", "internal", "admin"):
        cloud.make(
            "endpoint", service_id=service, interface=interface, url=NETWORK, region_id="RegionOne"
        )


def main():
    folder = pathlib.Path(sys.argv[1]).resolve()
    configuration = serve.configure(folder, "http://127.0.0.1:5000")
    manage = [pathlib.Path(sys.executable).with_name("keystone-manage"), "--config-file", configuration]

    def run(*arguments):
        subprocess.run(manage + list(arguments), check=True, stdout=sys.stderr)

    owner = ["--keystone-user", str(os.getuid()), "--keystone-group", str(os.getgid())]
    for kind in ("fernet", "credential"):
        (folder / (kind + "-keys")).mkdir(mode=0o700)
        run(kind + "_setup", *owner)
    run("db_sync")
    bootstrap = ["bootstrap", "--bootstrap-password", "admin", "--bootstrap-region-id", "RegionOne"]
    for interface in ("public", "internal", "admin"):
        bootstrap += ["--bootstrap-%s-url" % interface, "$(public_endpoint)s/v3"]
    run(*bootstrap)
    fill(Cloud())


if __name__ == "__main__":
    main()
