//! The wire between a program and its server carries, stalls and is cut.
#![cfg(test)]

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use vextrus_tests_support::proxy::{Proxy, Target};

/// A server that sends back what it gets.
async fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = stream.split();
                drop(tokio::io::copy(&mut from, &mut to).await);
            });
        }
    });
    address
}

async fn says(stream: &mut TcpStream) -> io::Result<u8> {
    stream.write_all(&[7]).await?;
    stream.read_u8().await
}

#[tokio::test]
async fn it_carries_stalls_and_is_cut() {
    let proxy = Proxy::to(Target::Tcp(echo().await.to_string())).await.unwrap();
    let mut stream = TcpStream::connect(proxy.address).await.unwrap();
    assert_eq!(says(&mut stream).await.unwrap(), 7);
    proxy.stall(true);
    assert!(tokio::time::timeout(Duration::from_millis(50), says(&mut stream)).await.is_err());
    proxy.stall(false);
    assert_eq!(stream.read_u8().await.unwrap(), 7);
    proxy.cut();
    assert!(says(&mut stream).await.is_err());
    let mut stream = TcpStream::connect(proxy.address).await.unwrap();
    assert_eq!(says(&mut stream).await.unwrap(), 7);
    proxy.lead_to(Target::Tcp("127.0.0.1:1".to_owned()));
    proxy.cut();
    let mut stream = TcpStream::connect(proxy.address).await.unwrap();
    assert!(says(&mut stream).await.is_err());
}
