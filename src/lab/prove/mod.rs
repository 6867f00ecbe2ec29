//! `weft lab prove`: builds networks of all five types on three nodes and measures who reaches whom.

pub mod measure;
pub mod plan;
pub mod report;

use std::time::Instant;

pub use plan::clean;
pub use report::Report;

use super::{Lab, LabError};

/// The lab just brought up is ready within this.
const READY_SECONDS_MAX: u64 = 60;

/// Proves the lab, prints the table and the commands to try next, and tells whether all is as it must be.
/// What was built stays, to be looked at; the next run, or `weft lab clean`, takes it away.
///
/// # Errors
/// Where the lab cannot be driven at all.
pub async fn run(lab: &Lab) -> Result<bool, LabError> {
    let report = prove(lab).await?;
    println!("{report}");
    if report.holds() {
        println!("{}", next_steps(lab));
    }
    Ok(report.holds())
}

/// Builds everything and measures it.
///
/// # Errors
/// Where the lab cannot be driven at all; what is merely wrong is in the report.
pub async fn prove(lab: &Lab) -> Result<Report, LabError> {
    lab.wait_until_ready(READY_SECONDS_MAX).await?;
    clean(lab).await?;
    let start = Instant::now();
    let lanes = plan::build(lab).await?;
    let mut rows = measure::addresses(lab, &lanes).await?;
    let built_in = start.elapsed();
    let start = Instant::now();
    let pings = measure::pings(lab, &lanes).await?;
    let frames = measure::frames(lab, &lanes).await?;
    let (reach, matrix) = measure::reach(&lanes, &pings, &frames);
    rows.extend(reach);
    rows.extend(frames.rows);
    Ok(Report {
        columns: lanes.iter().map(|lane| lane.title.to_owned()).collect(),
        rows,
        instances: measure::places(&lanes)
            .map(|(_, instance)| instance.name.clone())
            .collect(),
        matrix,
        round_trip_ms: measure::round_trips(&lanes, &pings),
        built_in,
        measured_in: start.elapsed(),
    })
}

fn next_steps(lab: &Lab) -> String {
    let endpoint = lab.api.endpoint();
    let container = |name: &str| lab.containers.full_name(name);
    let (controller, node) = (container("controller"), container("node1"));
    let weft = std::env::args().next().unwrap_or_else(|| "weft".to_owned());
    format!(
        "All of this is still there to be looked at. To try next:
  export OS_AUTH_TYPE=none OS_ENDPOINT={endpoint}
  openstack network list; openstack port list; openstack network agent list
  docker exec {controller} weft status
  docker exec {controller} weft flows node1
  docker exec {node} plug list
  docker exec -it {node} plug exec vxlan-1 ping 10.61.3.12
  {weft} lab plug prove-vxlan node2
  make lab-down"
    )
}
