//! SOCKS5 (RFC 1928), with a user name and password (RFC 1929) if required.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Proxy, ProxyFailure, ProxyRecord, reach};
use crate::ledger::HeaderRecord;

/// The first byte of a SOCKS5 client: the version.
pub(super) const VERSION: u8 = 5;
const NO_CREDENTIALS: u8 = 0;
const NAME_AND_PASSWORD: u8 = 2;
const NO_METHOD: u8 = 0xff;
const NOT_ALLOWED: u8 = 2;
const REFUSED: u8 = 5;
const UNKNOWN_COMMAND: u8 = 7;

pub(super) async fn serve(mut stream: TcpStream, proxy: &Proxy) -> io::Result<()> {
    let [_, count] = read(&mut stream).await?;
    let offered = read_some(&mut stream, count).await?;
    let method = if proxy.options.username.is_some() { NAME_AND_PASSWORD } else { NO_CREDENTIALS };
    if !offered.contains(&method) {
        return stream.write_all(&[VERSION, NO_METHOD]).await;
    }
    stream.write_all(&[VERSION, method]).await?;
    if method == NAME_AND_PASSWORD {
        let [_, length] = read(&mut stream).await?;
        let name = read_some(&mut stream, length).await?;
        let [length] = read(&mut stream).await?;
        let password = read_some(&mut stream, length).await?;
        let accepted = proxy.accepts(&String::from_utf8_lossy(&name), &String::from_utf8_lossy(&password));
        stream.write_all(&[1, u8::from(!accepted)]).await?;
        if !accepted {
            return Ok(());
        }
    }
    let [_, command, _, kind] = read(&mut stream).await?;
    let host = match kind {
        1 => Ipv4Addr::from(read::<4>(&mut stream).await?).to_string(),
        3 => {
            let [length] = read(&mut stream).await?;
            String::from_utf8_lossy(&read_some(&mut stream, length).await?).into_owned()
        }
        _ => Ipv6Addr::from(read::<16>(&mut stream).await?).to_string(),
    };
    let port = u16::from_be_bytes(read(&mut stream).await?);
    let reached = match proxy.failure() {
        Some(ProxyFailure::Close) => Err(None),
        Some(ProxyFailure::Unreachable) => Err(Some(REFUSED)),
        Some(ProxyFailure::Forbidden) => Err(Some(NOT_ALLOWED)),
        None if command != 1 => Err(Some(UNKNOWN_COMMAND)),
        None => reach(port).await.map_err(|_| Some(REFUSED)),
    };
    let reply = reached.as_ref().map_or_else(|reply| *reply, |_| Some(0));
    proxy.ledger.proxied(ProxyRecord {
        protocol: "socks5",
        target: format!("{host}:{port}"),
        headers: HeaderRecord::default(),
        status: reply.map(u16::from),
    });
    let Some(reply) = reply else { return Ok(()) };
    stream.write_all(&[VERSION, reply, 0, 1, 127, 0, 0, 1, 0, 0]).await?;
    if let Ok(mut server) = reached {
        tokio::io::copy_bidirectional(&mut stream, &mut server).await?;
    }
    Ok(())
}

async fn read<const N: usize>(stream: &mut TcpStream) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes).await?;
    Ok(bytes)
}

async fn read_some(stream: &mut TcpStream, count: u8) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::from(count)];
    stream.read_exact(&mut bytes).await?;
    Ok(bytes)
}
