//! Bodies that are small when compressed and large when decompressed.

use bytes::Bytes;
use flate2::{Compress, Compression, Crc, FlushCompress};

use crate::faults::Packing;

/// The largest block of a zstd frame (RFC 8878, 3.1.1.2.4).
const ZSTD_BLOCK: u64 = 128 << 10;
/// Bytes that gzip compresses at once.
const GZIP_PIECE: u64 = 1 << 20;
/// The byte that fills the body.
const FILL: u8 = b'x';

/// The name of the encoding, and the compressed body: `head` followed by `bytes` bytes in all, one character repeated.
pub(crate) fn packed(encoding: Packing, head: &[u8], bytes: u64) -> (&'static str, Bytes) {
    let rest = bytes.saturating_sub(head.len() as u64);
    match encoding {
        Packing::Gzip => ("gzip", gzip(head, rest).unwrap_or_default().into()),
        Packing::Zstd => ("zstd", zstd(head, rest).into()),
    }
}

/// One member; its pieces are compressed separately, so that the repeated piece is compressed once.
fn gzip(head: &[u8], rest: u64) -> std::io::Result<Vec<u8>> {
    let fill = vec![FILL; GZIP_PIECE as usize];
    let piece = deflated(&fill)?;
    let last = &fill[..(rest % GZIP_PIECE) as usize];
    // The magic number, deflate, and nothing more.
    let mut member = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    let (mut sum, mut of_piece, mut of_last) = (Crc::new(), Crc::new(), Crc::new());
    sum.update(head);
    of_piece.update(&fill);
    of_last.update(last);
    member.extend(deflated(head)?);
    for _ in 0..rest / GZIP_PIECE {
        member.extend_from_slice(&piece);
        sum.combine(&of_piece);
    }
    member.extend(deflated(last)?);
    sum.combine(&of_last);
    // An empty last block, and the trailer.
    member.extend_from_slice(&[3, 0]);
    member.extend_from_slice(&sum.sum().to_le_bytes());
    member.extend_from_slice(&(head.len() as u32).wrapping_add(rest as u32).to_le_bytes());
    Ok(member)
}

/// Compresses to blocks that end at a byte boundary and do not refer to earlier ones.
fn deflated(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut packer = Compress::new(Compression::best(), false);
    let mut packed = Vec::with_capacity(bytes.len() / 64 + 128);
    if !bytes.is_empty() {
        packer.compress_vec(bytes, &mut packed, FlushCompress::Full)?;
    }
    Ok(packed)
}

/// A frame of one raw block, and run-length blocks: four bytes for 128 KiB.
fn zstd(head: &[u8], mut rest: u64) -> Vec<u8> {
    const RAW: u32 = 0;
    const REPEATED: u32 = 1;
    fn block(frame: &mut Vec<u8>, kind: u32, size: u64, is_last: bool) {
        // At most 21 bits, as no block is larger than 128 KiB.
        let header = (size as u32) << 3 | kind << 1 | u32::from(is_last);
        frame.extend_from_slice(&header.to_le_bytes()[..3]);
    }
    // The magic number, a descriptor without a content size, and a window of 128 KiB.
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38];
    block(&mut frame, RAW, head.len() as u64, rest == 0);
    frame.extend_from_slice(head);
    while rest > 0 {
        let size = rest.min(ZSTD_BLOCK);
        rest -= size;
        block(&mut frame, REPEATED, size, rest == 0);
        frame.push(FILL);
    }
    frame
}
