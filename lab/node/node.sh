#!/bin/sh
# One job: be a node. Stock Open vSwitch, set up as a deployment tool would leave it; each daemon is
# started again however it ended, so that tests may kill it.
set -eu
: "${CONTROLLER_ADDRESS:?}" "${FABRIC_ADDRESS:?}"
run=/run/openvswitch
db=/etc/openvswitch/conf.db
mkdir -p $run /var/log/openvswitch

database() {
    while :; do
        ovsdb-server $db --remote=punix:$run/db.sock --remote=db:Open_vSwitch,Open_vSwitch,manager_options \
            --pidfile --log-file --verbose=console:off || true
        sleep 0.2
    done
}

switch() {
    while :; do
        ovs-vswitchd unix:$run/db.sock --pidfile --log-file --verbose=console:off &
        underlay
        wait $! || true
        sleep 0.2
    done
}

# A userspace bridge's own port is a tap that goes with the daemon: it needs its address at each start.
underlay() {
    tries=0
    until ip link show br-ex >/dev/null 2>&1; do
        tries=$((tries + 1))
        [ $tries -lt 100 ] || return 0
        sleep 0.1
    done
    ethtool -K br-ex tx off >/dev/null || true
    ip address replace "$FABRIC_ADDRESS/24" dev br-ex
    ip link set br-ex up
}

# The fabric's interface becomes br-ex's uplink; its address moves to br-ex. Frames that a kernel hands
# to the userspace datapath must carry their checksums, hence `tx off` here and in plug.
uplink() {
    ip link show uplink >/dev/null 2>&1 && return
    device=$(ip -o -4 address show to "$FABRIC_ADDRESS" | awk '{print $2; exit}')
    : "${device:?no interface has $FABRIC_ADDRESS}"
    ip address flush dev "$device"
    ip link set "$device" down
    ip link set "$device" name uplink
    ethtool -K uplink tx off >/dev/null
    ip link set uplink up
}

configure() {
    ovs-vsctl --no-wait init
    ovs-vsctl --no-wait set Open_vSwitch . \
        external_ids:system-id="$(hostname)" external_ids:hostname="$(hostname)" \
        external_ids:ovn-encap-type=geneve,vxlan,gre external_ids:ovn-encap-ip="$FABRIC_ADDRESS" \
        external_ids:ovn-bridge-mappings=provider:br-ex external_ids:ovn-bridge-datapath-type=netdev
    ovs-vsctl --no-wait --may-exist add-br br-ex -- set Bridge br-ex datapath_type=netdev \
        -- --may-exist add-port br-ex uplink
}

# What a former run of this container left: its namespaces are gone, their names are not.
rm -rf $run/*.pid $run/*.ctl /run/netns /run/plug
mkdir -p /run/netns
[ -f $db ] || ovsdb-tool create $db /usr/share/openvswitch/vswitch.ovsschema
uplink
database &
until ovs-vsctl --no-wait show >/dev/null 2>&1; do sleep 0.1; done
configure
switch &
# The one step of joining: everything else on this node is stock.
ovs-vsctl set-manager "tcp:$CONTROLLER_ADDRESS:6640"
plug restore || echo "node: not every instance could be plugged again" >&2
trap 'kill 0' TERM INT
wait
