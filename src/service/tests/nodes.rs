//! Nodes: joining, coming back, leaving.

use super::*;

fn switch(system: &str, host: &str) -> Registration {
    Registration {
        system_id: system.into(),
        hostname: host.into(),
        ..Registration::default()
    }
}

#[test]
fn joining_again_changes_only_what_is_new() {
    let mut cloud = Cloud::new();
    let first = cloud.join(&switch("s1", "one")).unwrap();
    assert_eq!(first.key, 1);
    let again = cloud.join(&switch("s1", "one")).unwrap();
    assert_eq!(first, again);
    let moved = cloud
        .join(&Registration {
            gateway: true,
            ..switch("s1", "one")
        })
        .unwrap();
    assert_eq!((moved.id, moved.key, moved.gateway), (first.id, 1, true));
    assert_eq!(cloud.join(&switch("s2", "two")).unwrap().key, 2);
}

#[test]
fn a_machine_installed_anew_is_the_same_node() {
    let mut cloud = Cloud::new();
    let first = cloud.join(&switch("s1", "one")).unwrap();
    let again = cloud.join(&switch("s9", "one")).unwrap();
    assert_eq!((again.id, again.system_id.as_str()), (first.id, "s9"));
}

#[test]
fn a_hostname_is_one_switchs() {
    let mut cloud = Cloud::new();
    cloud.join(&switch("s1", "one")).unwrap();
    cloud.join(&switch("s2", "two")).unwrap();
    assert_refused!(cloud.join(&switch("s2", "one")), 409, "Conflict");
    assert_refused!(cloud.join(&switch("", "one")), 400, "InvalidInput");
    assert_refused!(cloud.join(&switch("s3", "")), 400, "InvalidInput");
}

#[test]
fn only_a_dead_agent_can_be_deleted() {
    let mut cloud = Cloud::new();
    let id = cloud.join(&switch("s1", "one")).unwrap().id;
    let alive = cloud.write(|d, m| write::delete(d, m, Kind::Node, id, None, true));
    assert_refused!(alive, 409, "AgentInUse");
    cloud.delete(Kind::Node, id).unwrap();
    assert_refused!(cloud.delete(Kind::Node, id), 404, "AgentNotFound");
}
