//! The files of a two-node deployment that is described in many places, as they stand there.

/// Each file with its name.
pub const FILES: [(&str, &str); 6] = [
    ("neutron.conf", NEUTRON_CONF),
    ("ml2_conf.ini", ML2_CONF),
    ("linuxbridge_agent.ini", LINUXBRIDGE_AGENT),
    ("l3_agent.ini", L3_AGENT),
    ("dhcp_agent.ini", DHCP_AGENT),
    ("metadata_agent.ini", METADATA_AGENT),
];

const NEUTRON_CONF: &str = "\
[database]
connection = mysql+pymysql://neutron:NEUTRON_DBPASS@node1/neutron
[DEFAULT]
core_plugin = ml2
service_plugins = router
allow_overlapping_ips = true
transport_url = rabbit://openstack:admin@node1
auth_strategy = keystone
notify_nova_on_port_status_changes = true
notify_nova_on_port_data_changes = true
[keystone_authtoken]
www_authenticate_uri = http://node1:5000
auth_url = http://node1:5000
auth_url = http://node1:35357
memcached_servers = node1:11211
auth_type = password
project_domain_name = default
user_domain_name = default
project_name = service
username = neutron
password = neutron
[nova]
auth_url = http://node1:35357
auth_type = password
project_domain_name = default
user_domain_name = default
region_name = RegionOne
project_name = service
username = nova
password = nova
[oslo_concurrency]
lock_path = /var/lib/neutron/tmp
";

const ML2_CONF: &str = "\
[ml2]
type_drivers = flat,vlan,vxlan
tenant_network_types = vxlan
mechanism_drivers = linuxbridge,l2population
extension_drivers = port_security
[ml2_type_flat]
flat_networks = provider
[ml2_type_vxlan]
vni_ranges = 1:1000
[securitygroup]
enable_ipset = true
";

const LINUXBRIDGE_AGENT: &str = "\
[linux_bridge]
physical_interface_mappings = provider:ens33
[vxlan]
enable_vxlan = true
local_ip = 192.168.234.248
l2_population = true
[securitygroup]
enable_security_group = true
firewall_driver = neutron.agent.linux.iptables_firewall.IptablesFirewallDriver
";

const L3_AGENT: &str = "[DEFAULT]\ninterface_driver = linuxbridge\n";

const DHCP_AGENT: &str = "\
[DEFAULT]
interface_driver = linuxbridge
dhcp_driver = neutron.agent.linux.dhcp.Dnsmasq
enable_isolated_metadata = true
";

const METADATA_AGENT: &str = "\
[DEFAULT]
nova_metadata_host = node1
metadata_proxy_shared_secret = METADATA_SECRET
";
