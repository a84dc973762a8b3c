//! A paper in a bucket of a real S3 server, written and read as the facade does.
#![cfg(test)]

#[path = "../../activities/sealer/tests/sealer/bucket.rs"]
mod bucket;

use std::sync::Arc;

use object_store::ObjectStoreExt as _;
use object_store::buffered::BufWriter;
use tokio::io::AsyncWriteExt as _;
use vextrus_storage::Place;

use crate::bucket::{Bucket, NAME};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_in_pieces_is_read_as_a_whole() {
    let bucket = Bucket::start().await;
    let place = Place::with(&format!("s3://{NAME}/papers"), bucket.right()).unwrap();
    let path = place.folder("acme").join("doc-1").join("paper");
    let mut writer = BufWriter::with_capacity(Arc::clone(place.store()), path.clone(), 5 * 1024 * 1024);
    for piece in [&b"%PDF-1.7\n"[..], &[7; 100_000], &[8; 100_000]] {
        writer.put(piece.to_vec().into()).await.unwrap();
    }
    writer.shutdown().await.unwrap();
    assert_eq!(bucket.objects.lock().unwrap().keys().collect::<Vec<_>>(), ["papers/acme/doc-1/paper"]);
    let bytes = place.store().get(&path).await.unwrap().bytes().await.unwrap();
    assert_eq!((bytes.len(), &bytes[..9]), (200_009, &b"%PDF-1.7\n"[..]));
}
