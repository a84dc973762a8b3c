#!/bin/sh
# Makes the bucket for the trail's checkpoints, from which nothing can be taken for thirteen years (docs/backup.md says why one more than
# the law asks), and the account that may put and read there and nothing else. It may be run again.
set -eu

bucket=$1
mc alias set vextrus http://vextrus-minio:9000 root "$(cat /run/secrets/minio_root_password)" >/dev/null
mc mb --ignore-existing --with-lock "vextrus/$bucket"
mc retention set --default COMPLIANCE 13y "vextrus/$bucket"

cat > /tmp/policy.json <<END
{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Action": ["s3:PutObject", "s3:GetObject"], "Resource": ["arn:aws:s3:::$bucket/*"]},
    {"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetBucketLocation"], "Resource": ["arn:aws:s3:::$bucket"]}
  ]
}
END
mc admin policy create vextrus put-and-read /tmp/policy.json
mc admin user add vextrus "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY"
# To attach it twice is refused.
case $(mc admin user info vextrus "$AWS_ACCESS_KEY_ID") in
*put-and-read*) ;;
*) mc admin policy attach vextrus put-and-read --user "$AWS_ACCESS_KEY_ID" ;;
esac
