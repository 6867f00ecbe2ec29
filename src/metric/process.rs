//! What the process takes of the machine, as the kernel tells it.

use std::fs;

use ::metrics::{counter, gauge};

use super::Metric;

pub(super) const MEMORY: Metric = Metric::gauge(
    "process_resident_memory_bytes",
    &[],
    "Memory that the process has in use.",
);
pub(super) const CPU: Metric = Metric::counter(
    "process_cpu_seconds_total",
    &[],
    "Processor time that the process has used, in whole seconds.",
);
pub(super) const OPEN_FILES: Metric =
    Metric::gauge("process_open_fds", &[], "File descriptors that are open.");
pub(super) const OPEN_FILES_MAX: Metric = Metric::gauge(
    "process_max_fds",
    &[],
    "Most file descriptors that may be open.",
);
pub(super) const THREADS: Metric = Metric::gauge("process_threads", &[], "Threads.");
pub(super) const START: Metric = Metric::gauge(
    "process_start_time_seconds",
    &[],
    "When the process began, in seconds since 1970.",
);

/// Clock ticks a second in what the kernel tells: fixed on Linux (USER_HZ).
const TICKS: u64 = 100;

/// What the process takes. What the kernel does not tell is left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Process {
    /// Bytes in memory.
    pub memory: Option<u64>,
    /// Processor time, in seconds.
    pub cpu: Option<u64>,
    /// Open file descriptors.
    pub open_files: Option<u64>,
    /// Most of them.
    pub open_files_max: Option<u64>,
    /// Threads.
    pub threads: Option<u64>,
    /// Seconds since 1970 at which it began.
    pub start: Option<u64>,
}

impl Process {
    /// This process, now.
    pub fn now() -> Self {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        let open = fs::read_dir("/proc/self/fd").map(|entries| entries.count() as u64);
        Self {
            open_files: open.ok(),
            ..Self::of(
                &read("/proc/self/stat"),
                &read("/proc/self/status"),
                &read("/proc/self/limits"),
                &read("/proc/stat"),
            )
        }
    }

    /// From the kernel's texts (proc(5)).
    fn of(stat: &str, status: &str, limits: &str, machine: &str) -> Self {
        // The name in parentheses may hold anything, spaces too.
        let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        // Counted from the state, which is the third field.
        let field = |number: usize| fields.split_whitespace().nth(number - 3)?.parse().ok();
        let line = |text: &str, name: &str, column: usize| -> Option<u64> {
            let line = text.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().nth(column)?.parse().ok()
        };
        let (user, system): (Option<u64>, Option<u64>) = (field(14), field(15));
        let began: Option<u64> = field(22);
        let boot = line(machine, "btime", 0);
        Self {
            memory: line(status, "VmRSS:", 0).map(|kibibytes| kibibytes * 1024),
            cpu: user
                .zip(system)
                .map(|(user, system)| (user + system) / TICKS),
            open_files: None,
            open_files_max: line(limits, "Max open files", 0),
            threads: field(20),
            start: began.zip(boot).map(|(ticks, boot)| boot + ticks / TICKS),
        }
    }

    /// Tells the recorder.
    pub fn record(&self) {
        let numbers = [
            (MEMORY, self.memory),
            (OPEN_FILES, self.open_files),
            (OPEN_FILES_MAX, self.open_files_max),
            (THREADS, self.threads),
            (START, self.start),
        ];
        for (metric, number) in numbers {
            if let Some(number) = number {
                gauge!(metric.name).set(number as f64);
            }
        }
        if let Some(seconds) = self.cpu {
            counter!(CPU.name).absolute(seconds);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_texts_are_read() {
        let stat = "42 (we ) ft) S 1 2 3 4 5 6 7 8 9 10 1234 766 13 14 15 16 9 18 5000 20 21";
        let status = "Name:\tweft\nVmRSS:\t   2048 kB\n";
        let limits = "Limit  Soft  Hard  Units\nMax open files            1024   4096   files\n";
        let read = Process::of(stat, status, limits, "cpu 1 2\nbtime 1000\n");
        let expected = Process {
            memory: Some(2048 * 1024),
            cpu: Some(20),
            open_files: None,
            open_files_max: Some(1024),
            threads: Some(9),
            start: Some(1050),
        };
        assert_eq!(read, expected);
        assert_eq!(Process::of("", "", "", ""), Process::default());
    }

    #[test]
    fn this_process_is_told() {
        let now = Process::now();
        assert!(
            now.memory > Some(1 << 20) && now.open_files > Some(2),
            "{now:?}"
        );
        assert!(
            now.threads >= Some(1) && now.start > Some(1_500_000_000),
            "{now:?}"
        );
    }
}
