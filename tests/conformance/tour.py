"""One job: a tour of the `openstack` client over every command family whose resources are served.

Each stop is a function: it runs commands as a person would and looks at what they print.
"""

import concurrent.futures
import contextlib
import io
import json
import multiprocessing
import shlex
import traceback

import switch

STOPS = []


def stop(function):
    STOPS.append(function)
    return function


def shell(line):
    """Runs one command; exit code, what was printed, what was complained of."""
    from openstackclient.shell import OpenStackShell

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = OpenStackShell().run(shlex.split(line))
        except SystemExit as ended:
            code = ended.code
    return code, out.getvalue(), err.getvalue()


class Client:
    """The client's shell in a process of its own: importing it takes longer than most commands, and it
    keeps the first cloud it has spoken to."""

    def __init__(self, cloud):
        self.cloud = cloud
        context = multiprocessing.get_context("spawn")
        self.process = concurrent.futures.ProcessPoolExecutor(1, context)

    def run(self, line):
        return self.process.submit(shell, "--os-cloud %s %s" % (self.cloud, line)).result()

    def do(self, line):
        """A command that must succeed and prints nothing that is looked at."""
        code, out, err = self.run(line)
        assert not code, "openstack %s: %s" % (line, err or out)
        return out

    def ask(self, line):
        """What a command prints, as JSON."""
        return json.loads(self.do(line + " -f json"))

    def names(self, line):
        """The names a list has."""
        return {row.get("Name") for row in self.ask(line)}

    def refused(self, line, word):
        """A command that must be refused for a reason that has `word`."""
        code, out, err = self.run(line)
        assert code, "openstack %s was taken: %s" % (line, out)
        assert word in err, "openstack %s: %r is not in %s" % (line, word, err)


def run(here, _):
    admin, member = Client("devstack-admin"), Client("devstack")
    passed = failed = 0
    for visit in STOPS:
        try:
            visit(admin, member)
            passed += 1
        except Exception:
            print("  %s\n%s" % (visit.__name__, traceback.format_exc(limit=-2)))
            failed += 1
    return passed, failed


@stop
def networks(admin, member):
    made = member.ask("network create --description d --tag red --mtu 1400 --disable-port-security t-net")
    assert made["mtu"] == 1400 and made["tags"] == ["red"] and not made["port_security_enabled"], made
    member.do("network set --name t-net2 --disable --tag blue t-net")
    shown = member.ask("network show t-net2")
    assert shown["admin_state_up"] is False and sorted(shown["tags"]) == ["blue", "red"], shown
    assert "t-net2" in member.names("network list --tags red,blue --disable --long")
    assert "t-net2" not in member.names("network list --not-tags red")
    member.do("network unset --tag red t-net2")
    member.refused("network create --provider-network-type vlan t-not", "403")
    member.refused("network set --share t-net2", "403")
    member.do("network delete t-net2")
    member.refused("network show t-net2", "No Network found")


@stop
def provider_networks(admin, member):
    line = "network create --provider-network-type vlan --provider-physical-network public"
    made = admin.ask(line + " --provider-segment 123 --external --share t-ext")
    assert made["provider:segmentation_id"] == 123 and made["router:external"] and made["shared"], made
    assert "t-ext" in member.names("network list --external")
    assert "t-ext" in member.names("network list --share")
    assert member.ask("network show t-ext")["provider:segmentation_id"] is None
    admin.refused(line + " --provider-segment 123 t-ext2", "409")
    admin.refused(line + " --provider-segment 5000 t-ext2", "400")
    admin.do("network set --no-share --internal t-ext")
    member.refused("network show t-ext", "No Network found")
    admin.do("network delete t-ext")


@stop
def subnets(admin, member):
    member.do("network create t-subnets")
    line = "subnet create --network t-subnets --subnet-range 10.20.0.0/24 --gateway 10.20.0.254"
    line += " --allocation-pool start=10.20.0.10,end=10.20.0.99 --dns-nameserver 9.9.9.9"
    made = member.ask(line + " --host-route destination=10.9.0.0/16,gateway=10.20.0.7 --tag a t-sub")
    assert made["gateway_ip"] == "10.20.0.254" and made["dns_nameservers"] == ["9.9.9.9"], made
    assert made["allocation_pools"] == [{"start": "10.20.0.10", "end": "10.20.0.99"}], made
    member.do("subnet set --dns-nameserver 8.8.8.8 --no-dhcp --description x t-sub")
    shown = member.ask("subnet show t-sub")
    assert sorted(shown["dns_nameservers"]) == ["8.8.8.8", "9.9.9.9"] and not shown["enable_dhcp"], shown
    member.do("subnet unset --dns-nameserver 8.8.8.8 --host-route destination=10.9.0.0/16,gateway=10.20.0.7 t-sub")
    assert member.ask("subnet show t-sub")["host_routes"] == []
    member.refused("subnet create --network t-subnets --subnet-range 10.20.0.128/25 t-x", "400")
    line = "subnet create --network t-subnets --ip-version 6 --subnet-range fd00:20::/64"
    made = member.ask(line + " --ipv6-ra-mode slaac --ipv6-address-mode slaac t-six")
    assert made["ipv6_ra_mode"] == "slaac", made
    assert {"t-sub", "t-six"} <= member.names("subnet list --network t-subnets")
    assert member.names("subnet list --ip-version 6 --network t-subnets") == {"t-six"}
    member.do("subnet delete t-sub t-six")
    member.do("network delete t-subnets")


@stop
def ports(admin, member):
    member.do("network create t-ports")
    member.do("subnet create --network t-ports --subnet-range 10.21.0.0/24 t-sub")
    line = "port create --network t-ports --fixed-ip subnet=t-sub,ip-address=10.21.0.9"
    made = member.ask(line + " --allowed-address ip-address=10.21.0.50 --device x --tag t --disable t-port")
    assert made["fixed_ips"][0]["ip_address"] == "10.21.0.9" and made["device_id"] == "x", made
    assert made["allowed_address_pairs"][0]["ip_address"] == "10.21.0.50", made
    assert "binding_host_id" not in made or made["binding_host_id"] is None, made
    assert "t-port" in member.names("port list --fixed-ip ip-address=10.21.0.9")
    assert "t-port" in member.names("port list --network t-ports --long")
    mac = made["mac_address"]
    assert member.names("port list --mac-address %s" % mac) == {"t-port"}
    member.refused(line + " t-port2", "409")
    member.do("port set --enable --no-fixed-ip --fixed-ip subnet=t-sub --name t-port3 t-port")
    shown = member.ask("port show t-port3")
    assert shown["admin_state_up"] and len(shown["fixed_ips"]) == 1, shown
    member.do("port unset --allowed-address ip-address=10.21.0.50,mac-address=%s t-port3" % mac)
    admin.do("port set --host compute-1 --vnic-type normal t-port3")
    shown = admin.ask("port show t-port3")
    assert shown["binding_host_id"] == "compute-1" and shown["binding_vnic_type"] == "normal", shown
    admin.do("port set --hint ovs-tx-steering=hash t-port3")
    hints = {"openvswitch": {"other_config": {"tx-steering": "hash"}}}
    assert admin.ask("port show t-port3")["hints"] == hints
    seen = member.ask("port show t-port3")["hints"]
    assert not seen, seen
    admin.do("port unset --hints t-port3")
    assert not admin.ask("port show t-port3")["hints"]
    admin.refused("port set --binding-profile a=b t-port3", "403")
    member.refused("port set --host compute-2 t-port3", "403")
    member.refused("network delete t-ports", "409")
    member.do("port delete t-port3")
    member.do("network delete t-ports")


@stop
def address_groups(admin, member):
    made = member.ask("address group create --address 10.0.0.0/8 --description d t-group")
    assert made["addresses"] == ["10.0.0.0/8"], made
    member.do("address group set --address 192.0.2.1 --name t-group2 t-group")
    shown = member.ask("address group show t-group2")
    assert sorted(shown["addresses"]) == ["10.0.0.0/8", "192.0.2.1/32"], shown
    member.do("address group unset --address 10.0.0.0/8 t-group2")
    member.refused("address group unset --address 10.0.0.0/8 t-group2", "404")
    assert "t-group2" in member.names("address group list")
    member.do("address group delete t-group2")


@stop
def address_scopes(admin, member):
    made = member.ask("address scope create --ip-version 6 t-scope")
    assert made["ip_version"] == 6 and made["shared"] is False, made
    member.do("address scope set --name t-scope2 t-scope")
    assert "t-scope2" in member.names("address scope list --ip-version 6")
    member.refused("address scope set --share t-scope2", "403")
    member.do("address scope delete t-scope2")


@stop
def subnet_pools(admin, member):
    member.do("address scope create --ip-version 4 t-scope")
    line = "subnet pool create --pool-prefix 10.30.0.0/16 --default-prefix-length 26 --address-scope t-scope"
    made = member.ask(line + " --tag p t-pool")
    assert made["prefixes"] == ["10.30.0.0/16"] and int(made["default_prefixlen"]) == 26, made
    member.do("subnet pool set --pool-prefix 10.31.0.0/16 --description x t-pool")
    assert member.ask("subnet pool show t-pool")["prefixes"] == ["10.30.0.0/15"]
    member.do("network create t-pools")
    made = member.ask("subnet create --network t-pools --subnet-pool t-pool t-sub")
    assert made["cidr"] == "10.30.0.0/26", made
    made = member.ask("subnet create --network t-pools --subnet-pool t-pool --prefix-length 28 t-sub2")
    assert made["cidr"].endswith("/28"), made
    member.refused("subnet pool delete t-pool", "400")
    assert "t-pool" in member.names("subnet pool list --address-scope t-scope")
    member.do("network delete t-pools")
    member.do("subnet pool delete t-pool")
    member.do("address scope delete t-scope")


@stop
def ip_availability(admin, member):
    admin.do("network create t-avail")
    admin.do("subnet create --network t-avail --subnet-range 10.22.0.0/29 t-sub")
    admin.do("port create --network t-avail t-port")
    rows = {row["Network Name"]: row for row in admin.ask("ip availability list")}
    assert rows["t-avail"]["Total IPs"] == 5 and rows["t-avail"]["Used IPs"] == 1, rows["t-avail"]
    shown = admin.ask("ip availability show t-avail")
    assert shown["used_ips"] == 1 and len(shown["subnet_ip_availability"]) == 1, shown
    admin.do("port delete t-port")
    admin.do("network delete t-avail")


@stop
def sharing(admin, member):
    admin.do("network create t-shared")
    project = admin.ask("project show demo")["id"]
    member.refused("network show t-shared", "No Network found")
    line = "network rbac create --type network --action access_as_shared --target-project %s t-shared"
    made = admin.ask(line % project)
    assert made["target_project_id"] == project, made
    assert member.ask("network show t-shared")["shared"] is True
    rows = admin.ask("network rbac list --type network --long")
    assert made["id"] in {row["ID"] for row in rows}, rows
    admin.do("network rbac set --target-project service %s" % made["id"])
    member.refused("network show t-shared", "No Network found")
    admin.do("network rbac show %s" % made["id"])
    admin.do("network rbac delete %s" % made["id"])
    admin.do("network delete t-shared")


@stop
def segments(admin, member):
    admin.do("network create --provider-network-type vxlan --provider-segment 777 t-segs")
    rows = admin.ask("network segment list --network t-segs --long")
    assert [row["Segment"] for row in rows] == [777], rows
    segment = rows[0]["ID"]
    admin.do("network segment set --name t-segment --description x %s" % segment)
    shown = admin.ask("network segment show t-segment")
    assert shown["network_type"] == "vxlan" and shown["segmentation_id"] == 777, shown
    member.refused("network segment show %s" % segment, "No Segment found")
    admin.do("network delete t-segs")


@stop
def segment_ranges(admin, member):
    line = "network segment range create --network-type vlan --physical-network ranged"
    made = admin.ask(line + " --minimum 300 --maximum 309 --shared t-range")
    assert made["minimum"] == 300 and made["shared"], made
    admin.do("network segment range set --minimum 300 --maximum 319 --name t-range2 t-range")
    rows = admin.ask("network segment range list --available --long")
    assert "t-range2" in {row["Name"] for row in rows}, rows
    shown = admin.ask("network segment range show t-range2")
    assert len(shown["available"]) in (1, 20), shown
    admin.do("network segment range delete t-range2")


@stop
def quotas(admin, member):
    admin.do("quota set --networks 7 --check-limit alt")
    rows = {row["Resource"]: row["Limit"] for row in admin.ask("quota show --network alt")}
    assert rows["networks"] == 7, rows
    rows = {row["Resource"]: row["In Use"] for row in admin.ask("quota show --network --usage alt")}
    assert rows["networks"] == 0, rows
    project = admin.ask("project show alt")["id"]
    assert project in {row["Project ID"] for row in admin.ask("quota list --network")}
    admin.do("quota delete --network alt")
    rows = {row["Resource"]: row["Limit"] for row in admin.ask("quota show --network --default alt")}
    assert rows["networks"] != 7, rows
    other = Client("devstack-alt")
    admin.do("quota set --networks 0 alt")
    other.refused("network create t-quota", "409")
    admin.do("quota delete --network alt")


@stop
def flavors(admin, member):
    admin.do("network flavor create --service-type L3_ROUTER_NAT --description d t-flavor")
    profile = admin.ask("network flavor profile create --metainfo {} --description d")["id"]
    admin.do("network flavor profile set --disable %s" % profile)
    admin.do("network flavor add profile t-flavor %s" % profile)
    assert admin.ask("network flavor show t-flavor")["service_profile_ids"] == [profile]
    admin.do("network flavor set --disable --name t-flavor2 t-flavor")
    assert "t-flavor2" in admin.names("network flavor list")
    admin.refused("network flavor profile delete %s" % profile, "409")
    admin.do("network flavor remove profile t-flavor2 %s" % profile)
    admin.do("network flavor delete t-flavor2")
    admin.do("network flavor profile delete %s" % profile)
    admin.ask("network service provider list")


@stop
def agents_and_zones(admin, member):
    listed = admin.ask("network agent list --host %s" % switch.HOSTNAME)
    assert len(listed) == 1 and listed[0]["Alive"] is True, listed
    agent = listed[0]["ID"]
    admin.do("network agent set --disable --description d %s" % agent)
    shown = admin.ask("network agent show %s" % agent)
    assert shown["admin_state_up"] is False and shown["description"] == "d", shown
    admin.do("network agent set --enable %s" % agent)
    zones = admin.ask("availability zone list --network")
    assert [zone["Zone Name"] for zone in zones] == ["nova"], zones
    member.refused("network agent show %s" % agent, "No Agent found")
    assert member.ask("network agent list") == []


@stop
def extensions(admin, member):
    aliases = {row["Alias"] for row in member.ask("extension list --network")}
    assert {"provider", "quotas", "rbac-policies", "standard-attr-tag"} <= aliases, aliases
    for alias in aliases:
        assert member.ask("extension show %s" % alias)["alias"] == alias
