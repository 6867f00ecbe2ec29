//! What a switch holds of ours: its flows by our cookies, its groups and meters by our numbers.

use openflow::multipart::FlowQuery;
use openflow::session::RequestError;
use openflow::{Connection, FlowStats};

use crate::compile::Output;
use crate::compile::cookie::{OWNER_BITS, OWNER_MASK};
use crate::compile::group::GroupName;

/// Meters up to this number are those of ports (their OpenFlow port numbers); see
/// [`crate::compile::punt`].
const PORT_METER_MAX: u32 = 0xffff;

/// Dumps what is ours.
///
/// # Errors
/// Why the switch did not tell.
pub(super) async fn dump(connection: &Connection) -> Result<Output, RequestError> {
    let query = FlowQuery::all().with_cookie(OWNER_BITS, OWNER_MASK);
    let (flows, groups, meters) = tokio::try_join!(
        connection.flows(query),
        connection.groups(),
        connection.meters()
    )?;
    let mut output = Output::default();
    output
        .flows
        .extend(flows.into_iter().map(|flow| (flow.key, flow.entry)));
    output.groups.extend(
        groups
            .into_iter()
            .filter(|group| GroupName::from_id(group.id).is_some())
            .map(|group| (group.id, group)),
    );
    output.meters.extend(
        meters
            .into_iter()
            .filter(|meter| meter.id <= PORT_METER_MAX)
            .map(|meter| (meter.id, meter)),
    );
    Ok(output)
}

/// Dumps all flows with their counters, those of others too: what an operator wants to see.
///
/// # Errors
/// Why the switch did not tell.
pub(super) async fn all_flows(connection: &Connection) -> Result<Vec<FlowStats>, RequestError> {
    connection.flows(FlowQuery::all()).await
}
