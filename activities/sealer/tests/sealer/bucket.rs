//! A bucket in memory behind a real S3 server: signatures are verified, and object lock is on.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use futures::TryStreamExt as _;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use s3s::auth::SimpleAuth;
use s3s::dto::{
    GetObjectInput, GetObjectOutput, ListObjectsV2Input, ListObjectsV2Output, Object, PutObjectInput, PutObjectOutput,
    StreamingBlob, Timestamp,
};
use s3s::service::S3ServiceBuilder;
use s3s::{Body, S3, S3Request, S3Response, S3Result, s3_error};
use tokio::net::TcpListener;

pub(crate) const NAME: &str = "checkpoints";
const ACCESS_KEY: &str = "AKIDTEST";
const SECRET: &str = "secret";

type Objects = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// A running server. It ends with the test's runtime.
pub(crate) struct Bucket {
    pub(crate) objects: Objects,
    address: SocketAddr,
}

#[derive(Clone)]
struct Store(Objects);

#[async_trait::async_trait]
impl S3 for Store {
    async fn put_object(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let input = request.input;
        if input.bucket != NAME {
            return Err(s3_error!(NoSuchBucket));
        }
        // As S3 has it for buckets with object lock.
        if input.checksum_sha256.is_none() && input.content_md5.is_none() {
            return Err(s3_error!(InvalidRequest, "Content-MD5 or a checksum is required with object lock"));
        }
        let body = input.body.ok_or_else(|| s3_error!(IncompleteBody))?;
        let chunks: Vec<_> = body.try_collect().await.map_err(|_| s3_error!(IncompleteBody))?;
        let mut objects = self.0.lock().unwrap();
        if objects.contains_key(input.key.as_str()) {
            let conditional = input.if_none_match.is_some();
            return Err(if conditional {
                s3_error!(PreconditionFailed)
            } else {
                s3_error!(AccessDenied, "it is locked")
            });
        }
        objects.insert(input.key.to_string(), chunks.concat());
        Ok(S3Response::new(PutObjectOutput {
            e_tag: Some(s3s::dto::ETag::Strong("e".to_owned())),
            ..Default::default()
        }))
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let found = self.0.lock().unwrap().get(request.input.key.as_str()).cloned();
        let bytes = found.ok_or_else(|| s3_error!(NoSuchKey))?;
        Ok(S3Response::new(GetObjectOutput {
            content_length: Some(i64::try_from(bytes.len()).unwrap()),
            e_tag: Some(s3s::dto::ETag::Strong("e".to_owned())),
            last_modified: Some(Timestamp::from(std::time::SystemTime::UNIX_EPOCH)),
            body: Some(StreamingBlob::from(Body::from(bytes))),
            ..Default::default()
        }))
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let prefix = request.input.prefix.unwrap_or_default();
        let objects = self.0.lock().unwrap();
        let contents = objects.iter().filter(|(key, _)| key.starts_with(&prefix)).map(|(key, bytes)| Object {
            key: Some(key.clone()),
            size: Some(i64::try_from(bytes.len()).unwrap()),
            last_modified: Some(Timestamp::from(std::time::SystemTime::UNIX_EPOCH)),
            ..Default::default()
        });
        Ok(S3Response::new(ListObjectsV2Output {
            contents: Some(contents.collect()),
            is_truncated: Some(false),
            name: Some(NAME.to_owned()),
            prefix: Some(prefix),
            ..Default::default()
        }))
    }
}

impl Bucket {
    pub(crate) async fn start() -> Self {
        let objects = Objects::default();
        let mut builder = S3ServiceBuilder::new(Store(Arc::clone(&objects)));
        builder.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET));
        let service = builder.build();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let service = service.clone();
                tokio::spawn(async move {
                    // A client that goes away is not the server's trouble.
                    drop(
                        auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await,
                    );
                });
            }
        });
        Self { objects, address }
    }

    pub(crate) fn env(&self, secret: &str) -> Vec<(String, String)> {
        let endpoint = format!("http://{}", self.address);
        [
            ("AWS_ENDPOINT", endpoint.as_str()),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_REGION", "ap-south-1"),
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY),
            ("AWS_SECRET_ACCESS_KEY", secret),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }

    pub(crate) fn right(&self) -> Vec<(String, String)> {
        self.env(SECRET)
    }
}
