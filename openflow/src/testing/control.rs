//! What controllers agree on with the switch: roles, and bundles of changes.

use super::change::Change;
use super::switch::{ConnectionId, Switch, refusal};
use crate::bundle::{BundleAdd, BundleControl, BundleControlType, BundleFlags};
use crate::message::Message;
use crate::peer_error::{OnfError, PeerError, RoleRequestFailed};
use crate::role::{Role, RoleReply, RoleRequest};

/// Bundles a connection may have open.
const BUNDLES_MAX: usize = 16;
/// Messages a bundle may have.
const BUNDLE_MESSAGES_MAX: usize = 1 << 20;

/// A bundle that is open.
#[derive(Clone, Debug)]
pub(super) struct OpenBundle {
    flags: BundleFlags,
    closed: bool,
    messages: Vec<(u32, Message)>,
}

impl Switch {
    /// One primary at most; a request with an older generation than the last is stale.
    pub(super) fn role(
        &mut self,
        connection: ConnectionId,
        wanted: RoleRequest,
    ) -> Result<Message, PeerError> {
        let fail = |code| Err(PeerError::RoleRequestFailed(code));
        match wanted.role {
            Role::NO_CHANGE => {}
            Role::EQUAL => self.set_role(connection, Role::EQUAL),
            Role::PRIMARY | Role::SECONDARY => {
                // Generations go round: the difference tells which is older.
                let older = |last: u64| (wanted.generation_id.wrapping_sub(last) as i64) < 0;
                if self.generation.is_some_and(older) {
                    return fail(RoleRequestFailed::Stale);
                }
                self.generation = Some(wanted.generation_id);
                if wanted.role == Role::PRIMARY {
                    for controller in self.controllers.values_mut() {
                        if controller.role == Role::PRIMARY {
                            controller.role = Role::SECONDARY;
                        }
                    }
                }
                self.set_role(connection, wanted.role);
            }
            _ => return fail(RoleRequestFailed::BadRole),
        }
        Ok(Message::RoleReply(RoleReply {
            role: self.role_of(connection),
            generation_id: self.generation,
        }))
    }

    fn set_role(&mut self, connection: ConnectionId, role: Role) {
        if let Some(controller) = self.controllers.get_mut(&connection) {
            controller.role = role;
        }
    }

    fn bundle_of(
        &mut self,
        connection: ConnectionId,
        id: u32,
    ) -> Result<&mut OpenBundle, PeerError> {
        let controller = self.controllers.get_mut(&connection);
        let bundle = controller.and_then(|controller| controller.bundles.get_mut(&id));
        bundle.ok_or(PeerError::Onf(OnfError::BundleBadId))
    }

    pub(super) fn bundle(
        &mut self,
        connection: ConnectionId,
        control: BundleControl,
        failed: &mut Option<(u32, Message)>,
    ) -> Result<Message, PeerError> {
        let fail = |code| Err(PeerError::Onf(code));
        let kind = match control.kind {
            BundleControlType::OPEN_REQUEST => {
                let Some(controller) = self.controllers.get_mut(&connection) else {
                    return fail(OnfError::BundleBadId);
                };
                if controller.bundles.contains_key(&control.bundle_id) {
                    return fail(OnfError::BundleExists);
                }
                if controller.bundles.len() >= BUNDLES_MAX {
                    return fail(OnfError::BundlesTooMany);
                }
                let bundle = OpenBundle {
                    flags: control.flags,
                    closed: false,
                    messages: Vec::new(),
                };
                controller.bundles.insert(control.bundle_id, bundle);
                BundleControlType::OPEN_REPLY
            }
            BundleControlType::CLOSE_REQUEST => {
                let bundle = self.bundle_of(connection, control.bundle_id)?;
                if bundle.closed {
                    return fail(OnfError::BundleClosed);
                }
                bundle.closed = true;
                BundleControlType::CLOSE_REPLY
            }
            BundleControlType::COMMIT_REQUEST => {
                let bundle = self.take_bundle(connection, control.bundle_id)?;
                if bundle.flags != control.flags {
                    return fail(OnfError::BundleBadFlags);
                }
                *failed = self.commit(bundle);
                if failed.is_some() {
                    return fail(OnfError::BundleMessageFailed);
                }
                BundleControlType::COMMIT_REPLY
            }
            BundleControlType::DISCARD_REQUEST => {
                self.take_bundle(connection, control.bundle_id)?;
                BundleControlType::DISCARD_REPLY
            }
            _ => return fail(OnfError::BundleBadType),
        };
        Ok(Message::BundleControl(BundleControl { kind, ..control }))
    }

    fn take_bundle(&mut self, connection: ConnectionId, id: u32) -> Result<OpenBundle, PeerError> {
        let controller = self.controllers.get_mut(&connection);
        let bundle = controller.and_then(|controller| controller.bundles.remove(&id));
        bundle.ok_or(PeerError::Onf(OnfError::BundleBadId))
    }

    /// Applies all messages of a bundle, or none: then what is said of the one that failed.
    fn commit(&mut self, bundle: OpenBundle) -> Option<(u32, Message)> {
        let mut change = Change::of(&mut self.pipeline);
        let mut packets = Vec::new();
        let mut mods = 0;
        for (xid, message) in bundle.messages {
            let applied = match &message {
                Message::FlowMod(flow) => change.flow_mod(flow),
                Message::GroupMod(group) => change.group_mod(group),
                Message::PacketOut(packet) => {
                    packets.push(packet.clone());
                    change.check_packet(packet)
                }
                _ => Err(PeerError::Onf(OnfError::BundleMessageUnsupported)),
            };
            mods += u64::from(!matches!(message, Message::PacketOut(_)));
            if let Err(error) = applied {
                change.take_back();
                return Some((xid, refusal(error, xid, &message)));
            }
        }
        let removed = std::mem::take(&mut change.removed);
        self.mods += mods;
        self.tell_removed(removed);
        for packet in packets {
            // What is refused now was taken before: a group it needs went with a later message.
            let _ = self.packet_out(packet);
        }
        None
    }

    pub(super) fn bundle_add(
        &mut self,
        connection: ConnectionId,
        xid: u32,
        add: BundleAdd,
    ) -> Result<(), PeerError> {
        let fail = |code| Err(PeerError::Onf(code));
        let bundle = self.bundle_of(connection, add.bundle_id)?;
        if bundle.closed {
            return fail(OnfError::BundleClosed);
        }
        if bundle.flags != add.flags {
            return fail(OnfError::BundleBadFlags);
        }
        if !add.message.is_bundlable() {
            return fail(OnfError::BundleMessageUnsupported);
        }
        if bundle.messages.len() >= BUNDLE_MESSAGES_MAX {
            return fail(OnfError::BundleMessagesTooMany);
        }
        bundle.messages.push((xid, *add.message));
        Ok(())
    }
}
