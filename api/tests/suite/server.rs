//! A server on a loopback port, in front of a backend in memory.

use std::net::SocketAddr;
use std::sync::Arc;

use api::Options;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::memory::Memory;

/// A server on a loopback port of its own.
pub struct Server {
    pub address: SocketAddr,
    pub memory: Arc<Memory>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Server {
    pub async fn start() -> Self {
        Self::with(options()).await
    }

    pub async fn with(options: Options) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let memory = Arc::new(Memory::default());
        let (stop, stopped) = oneshot::channel();
        let backend = Arc::clone(&memory);
        let task = tokio::spawn(api::serve(listener, backend, options, async {
            let _ = stopped.await;
        }));
        Self {
            address,
            memory,
            stop: Some(stop),
            task,
        }
    }

    /// Begins the shutdown; the task ends when the server has.
    pub fn stop(mut self) -> JoinHandle<()> {
        let _ = self.stop.take().unwrap().send(());
        self.task
    }
}

pub fn options() -> Options {
    Options::noauth("0123456789abcdef0123456789abcdef")
}
