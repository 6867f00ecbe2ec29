//! Queues of a port: their configuration (OpenFlow 1.3.5 §7.2.2, §7.3.6) and statistics (§7.3.5.8).

use crate::codec::{Reader, Writer};
use crate::{DecodeError, EncodeError};

/// Property numbers of a queue.
const MIN_RATE: u16 = 1;
const MAX_RATE: u16 = 2;

/// The queues of a port: OFPT_QUEUE_GET_CONFIG_REPLY.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueConfigs {
    /// The port that was asked for.
    pub port: u32,
    /// Its queues.
    pub queues: Vec<QueueConfig>,
}

/// A queue of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueConfig {
    /// Its number.
    pub queue: u32,
    /// The port it belongs to.
    pub port: u32,
    /// Rate it always gets, in tenths of a percent of the port's; above 1000: none.
    pub min_rate: Option<u16>,
    /// Rate it never passes, in tenths of a percent of the port's; above 1000: none.
    pub max_rate: Option<u16>,
}

/// Which queues to count: OFPMP_QUEUE request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueStatsQuery {
    /// The port, or `OFPP_ANY`.
    pub port: u32,
    /// The queue, or `OFPQ_ALL` (0xffffffff).
    pub queue: u32,
}

/// Counters of a queue. One that the switch does not keep is [`u64::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueStats {
    /// The port it belongs to.
    pub port: u32,
    /// Its number.
    pub queue: u32,
    /// Bytes sent.
    pub tx_bytes: u64,
    /// Packets sent.
    pub tx_packets: u64,
    /// Packets dropped since it was full.
    pub tx_errors: u64,
    /// How long the queue has been there, in seconds.
    pub duration_seconds: u32,
    /// What comes on top of the seconds, in nanoseconds.
    pub duration_nanoseconds: u32,
}

impl QueueConfigs {
    pub(crate) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.u32(self.port);
        w.zeros(4);
        for queue in &self.queues {
            w.u32(queue.queue);
            w.u32(queue.port);
            let rates = [(MIN_RATE, queue.min_rate), (MAX_RATE, queue.max_rate)];
            let rates = rates
                .into_iter()
                .filter_map(|(kind, rate)| rate.map(|rate| (kind, rate)));
            w.u16(16 + 16 * rates.clone().count() as u16);
            w.zeros(6);
            for (kind, rate) in rates {
                w.u16(kind);
                w.u16(16);
                w.zeros(4);
                w.u16(rate);
                w.zeros(6);
            }
        }
        Ok(())
    }

    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let port = r.u32()?;
        r.skip(4)?;
        let mut queues = Vec::new();
        while !r.is_empty() {
            queues.push(QueueConfig::decode(r)?);
        }
        Ok(QueueConfigs { port, queues })
    }
}

impl QueueConfig {
    fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let queue = r.u32()?;
        let port = r.u32()?;
        let length = usize::from(r.u16()?);
        r.skip(6)?;
        let mut properties = r.sub_of("queue", length, 16)?;
        let (mut min_rate, mut max_rate) = (None, None);
        while !properties.is_empty() {
            let kind = properties.u16()?;
            let length = usize::from(properties.u16()?);
            properties.skip(4)?;
            let mut value = properties.sub_of("queue property", length, 8)?;
            match kind {
                MIN_RATE => min_rate = Some(value.u16()?),
                MAX_RATE => max_rate = Some(value.u16()?),
                // Properties of experimenters are passed over.
                _ => {}
            }
        }
        Ok(QueueConfig {
            queue,
            port,
            min_rate,
            max_rate,
        })
    }
}

impl QueueStatsQuery {
    pub(crate) fn encode(self, w: &mut Writer<'_>) {
        w.u32(self.port);
        w.u32(self.queue);
    }

    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(QueueStatsQuery {
            port: r.u32()?,
            queue: r.u32()?,
        })
    }
}

impl QueueStats {
    pub(crate) fn encode(self, w: &mut Writer<'_>) {
        w.u32(self.port);
        w.u32(self.queue);
        w.u64(self.tx_bytes);
        w.u64(self.tx_packets);
        w.u64(self.tx_errors);
        w.u32(self.duration_seconds);
        w.u32(self.duration_nanoseconds);
    }

    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(QueueStats {
            port: r.u32()?,
            queue: r.u32()?,
            tx_bytes: r.u64()?,
            tx_packets: r.u64()?,
            tx_errors: r.u64()?,
            duration_seconds: r.u32()?,
            duration_nanoseconds: r.u32()?,
        })
    }
}
