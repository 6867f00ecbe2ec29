//! Threads of their own for what asks the database: nothing that serves requests waits for them.

/// Runs `work` to its end on a thread of this name; `None` when there can be no thread.
pub(super) fn spawn(name: &str, work: impl AsyncFnOnce() + Send + 'static) -> Option<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .ok()?;
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || runtime.block_on(work()))
        .ok()?;
    Some(())
}
