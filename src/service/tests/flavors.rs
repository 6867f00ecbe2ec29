//! Which provider comes of a flavor.

use api::{FlavorCreate, Record, ServiceProfile};
use uuid::Uuid;

use super::Cloud;
use crate::model::Draft;
use crate::service::flavor::next_providers;
use crate::service::provider::{Provider, records};

const OWN: Provider = Provider {
    service_type: "L3_ROUTER_NAT",
    name: "own",
    driver: "weft",
    default: true,
};

#[test]
fn the_provider_is_that_of_the_first_profiles_driver() {
    let mut cloud = Cloud::new();
    let mut draft = Draft::new(&cloud.model);
    let mut profiles = Vec::new();
    for driver in ["weft", "other"] {
        let id = Uuid::new_v4();
        profiles.push(id);
        draft.put(ServiceProfile {
            id,
            driver: driver.into(),
            enabled: true,
            ..ServiceProfile::default()
        });
    }
    cloud.model = draft.finish().0;
    let mut flavor = |service_profiles: Vec<Uuid>| {
        let asked = FlavorCreate {
            service_type: "L3_ROUTER_NAT".into(),
            service_profiles,
            ..FlavorCreate::default()
        };
        cloud.create_all(vec![asked.into()]).unwrap().remove(0).id()
    };
    let (first, second) = (flavor(profiles.clone()), flavor(vec![profiles[1]]));
    let found = next_providers(&cloud.model, &[OWN], first).unwrap();
    let wanted = serde_json::json!({"next_providers": [{"driver": "weft", "provider": "own"}]});
    assert_eq!(found, wanted);
    let refused = next_providers(&cloud.model, &[OWN], second).unwrap_err();
    assert_eq!(refused.kind, "ServiceProfileDriverNotFound");
}

#[test]
fn a_provider_is_shown_without_its_driver() {
    let shown = records(&[OWN]);
    let [Record::ServiceProvider(provider)] = shown.as_slice() else {
        panic!("{shown:?}");
    };
    let shown = (provider.service_type.as_str(), provider.name.as_str());
    assert_eq!(shown, ("L3_ROUTER_NAT", "own"));
    assert!(provider.default);
}
