//! Segments: the pieces a network consists of, each a broadcast domain of its own.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Network, Node};
use crate::value::{NetworkType, ProviderSegment, Timestamp, changed_since};
use crate::{Check, declare::resource};

resource! {
    /// A piece of a network that is one broadcast domain.
    Segment("segment", "segments", missing "SegmentNotFound") = create SegmentCreate, update SegmentUpdate, derived SegmentDerived;

    stored {
        /// Identifier.
        id: Uuid = "id" { "segment", post(nobody), put no, Check::None, [filter sort] }
        /// The network it is a piece of.
        network_id: Uuid = "network_id" { "segment", post(required), put no, Check::None, [filter sort] }
        /// Name, not necessarily unique.
        name: Option<String> = "name" { "segment", post(default None), put yes, Check::Name(255), [filter sort] }
        /// Free text.
        description: Option<String> = "description" { "standard-attr-description", post(default None), put yes, Check::Max(255), [filter] }
        /// How its frames travel between nodes.
        network_type: NetworkType = "network_type" { "segment", post(required), put no, Check::None, [filter sort] }
        /// The physical network it lies on, for flat and VLAN segments.
        physical_network: Option<String> = "physical_network" { "segment", post(default None), put no, Check::Max(64), [filter sort] }
        /// VLAN id, VNI or tunnel key.
        segmentation_id: Option<u32> = "segmentation_id" { "segment", post(default None), put no, Check::None, [sort] }
        /// Counts its changes.
        revision_number: u64 = "revision_number" { "standard-attr-revisions", post(nobody), put no, Check::None, [filter sort] }
        /// When it was made.
        created_at: Timestamp = "created_at" { "standard-attr-timestamp", post(nobody), put no, Check::None, [filter sort] }
        /// When it was last changed.
        updated_at: Timestamp = "updated_at" { "standard-attr-timestamp", post(nobody), put no, Check::None, [filter sort] }
    }
    input {
        /// Whoever owns the network; taken for Neutron's clients and not kept.
        owner: String = "project_id" { "project-id", post(optional), Check::Max(255) }
        /// The same under its older name.
        tenant: String = "tenant_id" { "project-id", post(optional), Check::Max(255) }
    }
    derived {}
    computed {}
    filters {
        "changed_since" { "standard-attr-timestamp", updated_at by changed_since }
    }
    private {}
}

/// What a segment is called, beside what carries it. The network keeps it for its first segment, which
/// its provider attributes describe.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SegmentLabel {
    /// The segment's id.
    pub id: Uuid,
    /// Its name.
    pub name: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// Counts its changes.
    pub revision_number: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What carries the frames of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wire<'a> {
    /// How frames travel.
    pub network_type: NetworkType,
    /// Where, for flat and VLAN segments.
    pub physical_network: Option<&'a str>,
    /// Under which number.
    pub segmentation_id: Option<u32>,
}

impl Wire<'_> {
    /// As documents of networks describe it.
    pub fn described(self) -> ProviderSegment {
        ProviderSegment {
            network_type: self.network_type,
            physical_network: self.physical_network.map(str::to_owned),
            segmentation_id: self.segmentation_id,
        }
    }
}

impl Segment {
    /// What carries it.
    pub fn wire(&self) -> Wire<'_> {
        Wire {
            network_type: self.network_type,
            physical_network: self.physical_network.as_deref(),
            segmentation_id: self.segmentation_id,
        }
    }
}

impl Network {
    /// What carries its first segment.
    pub fn first_wire(&self) -> Wire<'_> {
        Wire {
            network_type: self.network_type,
            physical_network: self.physical_network.as_deref(),
            segmentation_id: self.segmentation_id,
        }
    }

    /// The id of its first segment. Networks from before segments had ids have one that follows from
    /// their own.
    fn first_id(&self) -> Uuid {
        match self.first.id.is_nil() {
            true => Uuid::new_v5(&self.id, b"first segment"),
            false => self.first.id,
        }
    }

    /// Its first segment.
    pub fn first_segment(&self) -> Segment {
        let label = self.first.clone();
        Segment {
            id: self.first_id(),
            network_id: self.id,
            name: label.name,
            description: label.description,
            network_type: self.network_type,
            physical_network: self.physical_network.clone(),
            segmentation_id: self.segmentation_id,
            revision_number: label.revision_number,
            created_at: label.created_at,
            updated_at: label.updated_at,
        }
    }

    /// Makes `segment` its first, in the place of what was.
    pub fn set_first_segment(&mut self, segment: Segment) {
        self.network_type = segment.network_type;
        self.physical_network = segment.physical_network;
        self.segmentation_id = segment.segmentation_id;
        self.first = SegmentLabel {
            id: segment.id,
            name: segment.name,
            description: segment.description,
            revision_number: segment.revision_number,
            created_at: segment.created_at,
            updated_at: segment.updated_at,
        };
    }

    /// Its segments, in their order.
    pub fn segments(&self) -> impl Iterator<Item = Segment> + Send + use<'_> {
        std::iter::once_with(|| self.first_segment()).chain(self.more_segments.iter().cloned())
    }

    /// The id of each of its segments, and what carries it.
    pub fn wires(&self) -> impl Iterator<Item = (Uuid, Wire<'_>)> + Send {
        let more = self.more_segments.iter().map(|s| (s.id, s.wire()));
        std::iter::once((self.first_id(), self.first_wire())).chain(more)
    }

    /// Whether it is more than one broadcast domain.
    pub fn has_several_segments(&self) -> bool {
        !self.more_segments.is_empty()
    }

    /// The segment that its ports on a node are on: the first that the node reaches. Of a network of one
    /// segment that is known without asking.
    pub fn wire_at(&self, node: &Node) -> Option<(Uuid, Wire<'_>)> {
        if !self.has_several_segments() {
            return Some((self.first_id(), self.first_wire()));
        }
        self.wires().find(|(_, wire)| node.reaches(*wire))
    }
}

impl Node {
    /// Whether its switch can send and receive the frames of a segment.
    pub fn reaches(&self, wire: Wire<'_>) -> bool {
        match wire.network_type {
            NetworkType::Local => true,
            NetworkType::Flat | NetworkType::Vlan => wire
                .physical_network
                .is_some_and(|name| self.bridge_mappings.contains_key(name)),
            tunnel => !self.encap_ips.is_empty() && self.encap_types.contains(&tunnel),
        }
    }
}
