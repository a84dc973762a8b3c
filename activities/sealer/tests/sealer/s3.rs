//! Checkpoints in a bucket with object lock.

use vextrus_sealer::{Destination, DestinationError};
use vextrus_tests_support::company::{ACME, Acme, id};
use vextrus_tests_support::on_both;

use crate::bucket::{Bucket, NAME};
use crate::rounds::{accepted, checkpoints};

on_both![a_bucket_keeps_checkpoints, a_stranger_is_told_why];

async fn a_bucket_keeps_checkpoints(acme: &Acme) {
    let bucket = Bucket::start().await;
    let there = Destination::with(&format!("s3://{NAME}/vextrus/prod"), bucket.right()).unwrap();
    let made = checkpoints(acme).await;
    for checkpoint in &made {
        there.put(checkpoint).await.unwrap();
        // Again, as after a crash: it is the same.
        there.put(checkpoint).await.unwrap();
    }
    let names: Vec<String> = bucket.objects.lock().unwrap().keys().cloned().collect();
    assert_eq!(names, ["vextrus/prod/acme/0000000001.json", "vextrus/prod/acme/0000000002.json"]);
    let witnesses = there.witnesses(&id(ACME), &accepted()).await.unwrap();
    let numbers: Vec<u64> = witnesses.iter().map(|w| w.checkpoint.number).collect();
    assert_eq!(numbers, [1, 2]);
    let mut other = made[0].clone();
    other.bundle.leaves.clear();
    assert!(matches!(there.put(&other).await, Err(DestinationError::Different { .. })));
}

async fn a_stranger_is_told_why(acme: &Acme) {
    let bucket = Bucket::start().await;
    let there = Destination::with(&format!("s3://{NAME}/vextrus"), bucket.env("wrong")).unwrap();
    let made = checkpoints(acme).await;
    let refused = there.put(&made[0]).await.unwrap_err().to_string();
    assert!(refused.starts_with("the place for checkpoints s3://checkpoints/vextrus failed:"), "{refused}");
    assert!(refused.contains("SignatureDoesNotMatch") && !refused.contains("wrong"), "{refused}");
    assert!(bucket.objects.lock().unwrap().is_empty());
}
