//! How many addresses there are and how many ports have, of a subnet and of a network.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{Fault, Test, Value};
use crate::Check;

/// Addresses counted inside and outside of allocation pools.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressCounts {
    /// Addresses that hosts can have, in pools or not.
    pub total_ips_in_subnet: u128,
    /// Addresses of the allocation pools.
    pub total_ips_in_allocation_pool: u128,
    /// Addresses that ports have, in pools or not.
    pub used_ips_in_subnet: u128,
    /// Addresses of the allocation pools that ports have.
    pub used_ips_in_allocation_pool: u128,
}

/// One subnet's part of a network's availability.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubnetAvailability {
    /// The subnet.
    pub subnet_id: Uuid,
    /// 4 or 6.
    pub ip_version: u8,
    /// Its block.
    pub cidr: IpNet,
    /// Its name.
    pub subnet_name: String,
    /// Addresses that ports have.
    pub used_ips: u128,
    /// Addresses of its allocation pools; where it has none, all of its block.
    pub total_ips: u128,
    /// The same in more detail.
    pub ip_availability_details: AddressCounts,
}

/// The parts of [`Value`] that values have which nobody sets and which follow from other records.
macro_rules! shown {
    ($schema:expr) => {
        type Input = Self;

        fn parse(_: &Json, _: &Check) -> Result<Self, Fault> {
            Err(Fault::Invalid("this cannot be set".into()))
        }

        fn settle(input: Self) -> Option<Self> {
            Some(input)
        }

        fn schema(_: &Check) -> Json {
            $schema
        }
    };
}

impl Value for AddressCounts {
    shown!(counts_schema());
}

impl Value for SubnetAvailability {
    shown!(json!({
        "type": "object",
        "properties": {
            "subnet_id": {"type": "string", "format": "uuid"},
            "ip_version": {"type": "integer", "enum": [4, 6]},
            "cidr": {"type": "string"},
            "subnet_name": {"type": "string"},
            "used_ips": {"type": "integer", "minimum": 0},
            "total_ips": {"type": "integer", "minimum": 0},
            "ip_availability_details": counts_schema(),
        },
    }));
}

fn counts_schema() -> Json {
    let count = json!({"type": "integer", "minimum": 0});
    json!({
        "type": "object",
        "properties": {
            "total_ips_in_subnet": count,
            "total_ips_in_allocation_pool": count,
            "used_ips_in_subnet": count,
            "used_ips_in_allocation_pool": count,
        },
    })
}

/// `ip_version=4`: some subnet is of that version.
pub(crate) fn of_version(texts: &[String]) -> Result<Test<Vec<SubnetAvailability>>, Fault> {
    let test = u8::test(texts)?;
    Ok(Box::new(move |subnets| {
        subnets.iter().any(|subnet| test(&subnet.ip_version))
    }))
}
