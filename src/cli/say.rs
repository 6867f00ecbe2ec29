//! Standard output, whose reader may have had enough: `weft flows NODE | head`.

use std::error::Error;
use std::io::{self, ErrorKind, Write as _};

/// Standard output takes nothing.
#[derive(Debug, thiserror::Error)]
#[error("standard output takes nothing")]
pub struct SayError(#[from] io::Error);

/// Says this, at once.
///
/// # Errors
/// [`SayError`].
pub fn say(text: &str) -> Result<(), SayError> {
    let mut output = io::stdout().lock();
    output.write_all(text.as_bytes())?;
    Ok(output.flush()?)
}

/// Whether all that went wrong is that nobody listens any more.
pub fn is_deaf(error: &(dyn Error + Send + Sync + 'static)) -> bool {
    let mut causes = Some(error as &(dyn Error + 'static));
    while let Some(cause) = causes {
        if let Some(SayError(error)) = cause.downcast_ref() {
            return error.kind() == ErrorKind::BrokenPipe;
        }
        causes = cause.source();
    }
    false
}
