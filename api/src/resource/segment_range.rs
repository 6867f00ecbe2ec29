//! Network segment ranges: where the numbers of segments come from.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::value::{NetworkType, Timestamp, changed_since};
use crate::{Check, declare::resource, tags};

resource! {
    /// Numbers that segments are given out of.
    NetworkSegmentRange("network_segment_range", "network_segment_ranges", missing "NetworkSegmentRangeNotFound")
        = create NetworkSegmentRangeCreate, update NetworkSegmentRangeUpdate, derived NetworkSegmentRangeDerived, tagged by tags;

    stored {
        /// Identifier.
        id: Uuid = "id" { "network-segment-range", post(nobody), put no, Check::None, [filter sort] }
        /// Name, not necessarily unique.
        name: String = "name" { "network-segment-range", post(default String::new()), put yes, Check::Name(255), [filter sort] }
        /// Free text.
        description: String = "description" { "standard-attr-description", post(default String::new()), put yes, Check::Max(255), [filter] }
        /// Whether it is the configuration's, and so not to be changed here.
        is_default: bool = "default" { "network-segment-range", post(default false), put no, Check::None, [filter] }
        /// Whether it is for all projects.
        shared: bool = "shared" { "network-segment-range", post(default true), put no, Check::None, [filter] }
        /// The project it is for; null where it is for all.
        owner: Option<String> = "project_id" { "project-id", post(optional), put no, Check::Max(255), [filter sort] }
        /// Of which kind of segment.
        network_type: NetworkType = "network_type" { "network-segment-range", post(required), put no, Check::None, [filter] }
        /// On which physical network, for VLANs; empty otherwise.
        physical_network: String = "physical_network" { "network-segment-range", post(default String::new()), put no, Check::MaxOrNull(64), [filter] }
        /// The first number.
        minimum: u32 = "minimum" { "network-segment-range", post(required), put yes, Check::AtLeast(1), [] }
        /// The last number.
        maximum: u32 = "maximum" { "network-segment-range", post(required), put yes, Check::AtLeast(1), [] }
        /// Tags.
        tags: Vec<String> = "tags" { "standard-attr-tag", post(nobody), put no, Check::Max(255), [] }
        /// Counts its changes.
        revision_number: u64 = "revision_number" { "standard-attr-revisions", post(nobody), put no, Check::None, [filter sort] }
        /// When it was made.
        created_at: Timestamp = "created_at" { "standard-attr-timestamp", post(nobody), put no, Check::None, [filter sort] }
        /// When it was last changed.
        updated_at: Timestamp = "updated_at" { "standard-attr-timestamp", post(nobody), put no, Check::None, [filter sort] }
    }
    input {}
    derived {
        /// Its free numbers: the lowest 4096, because a range may hold 2^24.
        available: Vec<u32> = "available" { "network-segment-range", [] }
        /// Its numbers in use, each with the project whose network has it.
        used: BTreeMap<String, String> = "used" { "network-segment-range", [] }
    }
    computed {
        /// The project it is for, under its older name.
        "tenant_id": Option<String> = |range| range.owner, { "network-segment-range", post(optional), [hidden] }
    }
    filters {
        "tags" { "standard-attr-tag", tags by tags::all }
        "tags-any" { "standard-attr-tag", tags by tags::any }
        "not-tags" { "standard-attr-tag", tags by tags::not_all }
        "not-tags-any" { "standard-attr-tag", tags by tags::not_any }
        "changed_since" { "standard-attr-timestamp", updated_at by changed_since }
    }
    private {}
}
