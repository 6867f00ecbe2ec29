#!/usr/bin/env python3
"""Records what oslo.policy and Neutron's own defaults decide, for the tests of weft's policies.

  record.py NEUTRON_TREE      writes decisions.txt and language.jsonl beside this file

NEUTRON_TREE is a checkout of Neutron. oslo.policy and neutron-lib come from the Python registry.
decisions.txt has a line for each policy: its name, then a bit for each caller and target (callers
outermost) with the new defaults, then the same with the old ones besides. language.jsonl has a line
for each rule of a random sample: the rule and a bit for each caller and target.
"""
import json, logging, pathlib, random, sys, types

logging.disable(logging.CRITICAL)
TREE, HERE = pathlib.Path(sys.argv[1]), pathlib.Path(__file__).parent

# Neutron itself is not installed: its policy module needs three others, of which little is used.
for name in ("neutron", "neutron.common", "neutron.conf"):
    module = types.ModuleType(name)
    module.__path__ = [str(TREE / name.replace(".", "/"))]
    sys.modules[name] = module
i18n = types.ModuleType("neutron._i18n")
i18n._ = lambda text: text
cache = types.ModuleType("neutron.common.cache_utils")
cache._get_memory_cache_region = lambda **_: None
cache.cache_method_results = lambda method: method
sys.modules.update({i18n.__name__: i18n, cache.__name__: cache})
sys.modules["neutron.common"].cache_utils = cache

import importlib, pkgutil  # noqa: E402
from neutron_lib.api import attributes, definitions  # noqa: E402

# With all extensions loaded, as a server has them: their types tell how `field:` compares.
for found in pkgutil.iter_modules(definitions.__path__):
    defined = importlib.import_module(f"{definitions.__name__}.{found.name}")
    for plural, rows in (getattr(defined, "RESOURCE_ATTRIBUTE_MAP", None) or {}).items():
        attributes.RESOURCES.setdefault(plural, {}).update(rows)

from neutron import policy as neutron_policy  # noqa: E402,F401 (registers its checks)
from neutron.conf import policies  # noqa: E402
from neutron_lib.policy import _engine  # noqa: E402
from oslo_config import cfg  # noqa: E402
from oslo_policy import policy, _parser  # noqa: E402

OWN, OTHER = "p-own", "p-other"


def caller(*roles, project=OWN, **more):
    known = dict(user_id="u-1", project_id=project, roles=list(roles), is_admin="admin" in roles,
                 domain_id=None, system_scope=None, is_admin_project=True)
    return {**known, **more}


CALLERS = {
    "admin": caller("admin", "manager", "member", "reader"),
    "manager": caller("manager", "member", "reader"),
    "member": caller("member", "reader"),
    "reader": caller("reader"),
    "service": caller("service"),
    "advsvc": caller("advsvc"),
    "integrator": caller("data_plane_integrator"),
    "nobody": caller(),
    "system": caller("admin", "member", "reader", project=None, system_scope="all"),
    "domain": caller("admin", "member", "reader", project=None, domain_id="d-1"),
}


def target(project, network=None, **more):
    network = network or project
    return {"project_id": project, "tenant_id": project, "network:project_id": network,
            "network:tenant_id": network, "security_group:project_id": project,
            "ext_parent:project_id": project, "shared": False, "router:external": False,
            "device_owner": "compute:nova", "name": "n-1", "mtu": 1500, "target_tenant": OTHER,
            "target_project": OTHER, "belongs_to_default_sg": False, **more}


TARGETS = {
    "own": target(OWN),
    "other": target(OTHER),
    "shared": target(OTHER, shared=True),
    "external": target(OTHER, **{"router:external": True}),
    "guest": target(OWN, network=OTHER),
    "host": target(OTHER, network=OWN),
    "device": target(OWN, network=OTHER, device_owner="network:dhcp"),
    "everybody": target(OWN, target_tenant="*", target_project="*"),
}


def bits(decide):
    return "".join("1" if decide(c, t) else "0" for c in CALLERS.values() for t in TARGETS.values())


def enforcer(new):
    conf = cfg.ConfigOpts()
    conf([], project="none")
    made = policy.Enforcer(conf, policy_file="none.yaml")
    conf.set_override("enforce_new_defaults", new, group="oslo_policy")
    made.suppress_default_change_warnings = True
    made.suppress_deprecation_warnings = True
    made.register_defaults(policies.list_rules())
    extra = [r for r in _engine.list_rules() if r.name not in made.registered_rules]
    made.register_defaults(extra)
    made.load_rules(True)
    return made


def decisions():
    new, old = enforcer(True), enforcer(False)
    with open(HERE / "decisions.txt", "w") as out:
        print("# callers:", *CALLERS, file=out)
        print("# targets:", *TARGETS, file=out)
        for name in new.registered_rules:
            now = bits(lambda c, t: new.enforce(name, t, dict(c)))
            # Neutron lets administrators pass where the old defaults count.
            then = bits(lambda c, t: c["is_admin"] or old.enforce(name, t, dict(c)))
            print(name, now, then, file=out)


CHECKS = [
    "@", "!", "role:admin", "role:Member", "role:nobody", "rule:owner", "rule:admin_only",
    "rule:shared", "project_id:%(project_id)s", "project_id:%(network:project_id)s",
    "user_id:u-1", "user_id:%(name)s", "is_admin:True", "is_admin:False", "is_admin:1",
    "system_scope:all", "system_scope:None", "domain_id:d-1", "domain_id:%(domain)s",
    "field:networks:shared=True", "field:networks:shared=False", "field:networks:shared=yes",
    "field:networks:router:external=True", "field:port:device_owner=~^network:",
    "field:ports:device_owner=~compute:(nova|x).*", "field:ports:device_owner=compute:nova",
    "field:networks:mtu=1500", "field:networks:none=1", "'n-1':%(name)s", "\"x\":%(name)s",
    "'compute':%(device_owner)s", "1500:%(mtu)s", "-1:%(mtu)s", "True:%(shared)s",
    "False:%(shared)s", "None:%(none)s", "roles:reader", "roles:%(name)s", "'p-own!':%(project_id)s!",
    "role:%(name)s", "'50%':50%%", "nothing:x", "user_id:", "'':%(name)s",
]


def sample(rng, depth):
    kind = rng.random()
    if depth == 0 or kind < 0.35:
        return rng.choice(CHECKS)
    if kind < 0.5:
        return rng.choice(["not ", "NOT "]) + grouped(rng, depth - 1)
    join = rng.choice([" and ", " or ", " AND ", " Or ", "  and "])
    count = rng.randint(2, 4)
    return join.join(grouped(rng, depth - 1) for _ in range(count))


def grouped(rng, depth):
    inner = sample(rng, depth)
    return f"({inner})" if rng.random() < 0.4 else inner


def lists(rng):
    inner = lambda: [rng.choice(CHECKS) for _ in range(rng.randint(0, 3))]
    return [rng.choice(CHECKS) if rng.random() < 0.2 else inner() for _ in range(rng.randint(0, 3))]


def language():
    rng, rules = random.Random(7), ["", "@", "!"] + CHECKS
    rules += [sample(rng, 3) for _ in range(300)] + [lists(rng) for _ in range(60)]
    made = enforcer(True)
    with open(HERE / "language.jsonl", "w") as out:
        for rule in rules:
            if isinstance(rule, str) and "nothing:x" in rule and rule != "nothing:x":
                continue
            check = _parser.parse_rule(rule)
            said = bits(lambda c, t: made.enforce(check, t, dict(c)))
            print(json.dumps({"rule": rule, "bits": said}), file=out)


decisions()
language()
