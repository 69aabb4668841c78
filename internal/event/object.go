package event

// Store is the service that holds an object.
type Store string

// The stores. S3 stands for every server that speaks its API.
const (
	S3    Store = "s3"
	GCS   Store = "gcs"
	Swift Store = "swift"
	// Azure is Azure Blob Storage. An event's Bucket is ACCOUNT/CONTAINER, and its Key the blob's name.
	Azure Store = "azure"
	// Artifactory is JFrog's server. A Bucket is one of its repositories.
	Artifactory Store = "artifactory"
)

// ObjectCreated is a new object, or a new version of one, in a bucket.
type ObjectCreated struct {
	Store  Store
	Bucket string
	// Key is the object's name, decoded.
	Key string
}

// Kind is "object".
func (ObjectCreated) Kind() string { return "object" }

// Keys is the bucket's key.
func (o ObjectCreated) Keys() []Key { return []Key{BucketKey(o.Bucket)} }

func (o ObjectCreated) String() string {
	return "object " + o.Key + " in bucket " + o.Bucket
}

// BucketKey is the canonical key of a bucket (a Swift container, too). Names are unique within a store; the store itself
// is compared by the resource type, since S3's API serves the buckets of others.
func BucketKey(name string) Key { return Key{Space: SpaceBucket, Name: name} }
