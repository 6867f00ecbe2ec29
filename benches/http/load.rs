//! Load: so many clients that ask the same kind of thing one after another, and what that took.

use std::fmt;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::client::Client;
use crate::server::Server;

/// How long each operation is measured.
const SPAN: Duration = Duration::from_secs(3);

/// What was measured of one operation.
pub struct Measured {
    rate: f64,
    times: Histogram<u64>,
    cpu_ms: f64,
}

/// Lets `clients` do `one` until the span is over, or until it says that there is nothing left to do.
/// It gets a client and which of them it is.
pub fn measure<F>(server: &Server, clients: usize, one: F) -> Measured
where
    F: Fn(&mut Client, usize) -> Option<()> + Sync,
{
    let connected: Vec<Client> = (0..clients)
        .map(|_| Client::connect(server.address))
        .collect();
    let (began, used) = (Instant::now(), server.cpu());
    let one = &one;
    let times = std::thread::scope(|scope| {
        let threads: Vec<_> = connected
            .into_iter()
            .enumerate()
            .map(|(which, mut client)| {
                scope.spawn(move || {
                    let mut times = Histogram::<u64>::new(3).unwrap();
                    while began.elapsed() < SPAN {
                        let asked = Instant::now();
                        if one(&mut client, which).is_none() {
                            break;
                        }
                        times.record(asked.elapsed().as_micros() as u64).unwrap();
                    }
                    times
                })
            })
            .collect();
        let mut all = Histogram::<u64>::new(3).unwrap();
        for thread in threads {
            all.add(thread.join().unwrap()).unwrap();
        }
        all
    });
    let operations = times.len() as f64;
    Measured {
        rate: operations / began.elapsed().as_secs_f64(),
        cpu_ms: (server.cpu() - used) * 1000.0 / operations,
        times,
    }
}

/// `rate | p50 | p99 | CPU-ms`, milliseconds but for the rate.
impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |quantile| self.times.value_at_quantile(quantile) as f64 / 1000.0;
        let (p50, p99) = (ms(0.5), ms(0.99));
        write!(
            f,
            "{:.0} | {p50:.2} | {p99:.2} | {:.2}",
            self.rate, self.cpu_ms
        )
    }
}
