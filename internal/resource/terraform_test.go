package resource_test

import (
	"strings"
	"testing"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
)

func TestTerraform(t *testing.T) {
	t.Parallel()
	s3 := func(env, more string) string {
		return `{` + env + `"backend_type":"s3","backend_config":{"bucket":"builds","key":"app/terraform.tfstate"` + more + `}}`
	}
	gcs := func(env, prefix string) string {
		return `{` + env + `"backend_type":"gcs","backend_config":{"bucket":"builds","prefix":"` + prefix + `"}}`
	}
	const azure = `"backend_type":"azurerm","backend_config":{"storage_account_name":"acme","container_name":"states","key":"app"}}`
	const prod = `"env_name":"prod",`
	blob := func(key string) event.ObjectCreated {
		return event.ObjectCreated{Store: event.Azure, Bucket: "acme/states", Key: key}
	}
	const legacy = `{"storage":{"bucket":"builds","bucket_path":"tf/","access_key_id":"i","secret_access_key":"s"}}`
	const migrated = prod + `"migrated_from_storage":{"bucket":"builds","bucket_path":"old/"},"backend_type":"gcs","backend_config":{"bucket":"states"}}`
	decide(t, "terraform", []row{
		{"s3", s3(prod, ""), object(event.S3, "env:/prod/app/terraform.tfstate"), true, "object.key", "is a state"},
		{"s3, another environment", s3(prod, ""), object(event.S3, "env:/dev/app/terraform.tfstate"), false, "object.key", "not the state of env_name prod"},
		{"s3, another key", s3(prod, ""), object(event.S3, "env:/prod/web/terraform.tfstate"), false, "object.key", ""},
		{"s3, its lock", s3(prod, ""), object(event.S3, "env:/prod/app/terraform.tfstate.tflock"), false, "object.key", ""},
		{"s3, the default environment", s3(`"env_name":"default",`, ""), object(event.S3, "app/terraform.tfstate"), true, "object.key", ""},
		{"s3, not the default environment", s3(`"env_name":"default",`, ""), object(event.S3, "env:/prod/app/terraform.tfstate"), false, "object.key", ""},
		{"s3, any environment", s3("", ""), object(event.S3, "env:/dev/app/terraform.tfstate"), true, "object.key", ""},
		{"s3, any environment, the default one", s3("", ""), object(event.S3, "app/terraform.tfstate"), true, "object.key", ""},
		{"s3, any environment of another", s3("", ""), object(event.S3, "other/dev/app/terraform.tfstate"), false, "object.key", ""},
		{"s3, prefix", s3(prod, `,"workspace_key_prefix":"ws/"`), object(event.S3, "ws/prod/app/terraform.tfstate"), true, "object.key", ""},
		{"s3, empty prefix", s3(prod, `,"workspace_key_prefix":""`), object(event.S3, "prod/app/terraform.tfstate"), true, "object.key", ""},
		{"s3, empty prefix, any", s3("", `,"workspace_key_prefix":""`), object(event.S3, "prod/app/terraform.tfstate"), true, "object.key", ""},
		{"s3, environment unresolved", s3(`"env_name":"((e))",`, ""), object(event.S3, "x"), true, "uncertain.var", "env_name is ((e))"},
		{"s3, another store", s3(prod, ""), object(event.GCS, "env:/prod/app/terraform.tfstate"), false, "other.bucket", "another store (gcs)"},
		{"s3 at Google's store", s3(prod, `,"endpoint":"https://storage.googleapis.com"`), object(event.GCS, "env:/prod/app/terraform.tfstate"), true, "object.key", ""},
		{"s3 at Google's store, by endpoints", s3(prod, `,"endpoints":{"s3":"https://storage.googleapis.com"}`), object(event.GCS, "env:/prod/app/terraform.tfstate"), true, "object.key", ""},
		{"s3, endpoints unresolved", s3(prod, `,"endpoints":"((e))"`), object(event.GCS, "env:/prod/app/terraform.tfstate"), true, "object.key", ""},
		{"s3, endpoints elsewhere", s3(prod, `,"endpoints":{"s3":"https://minio.example.com"}`), object(event.GCS, "env:/prod/app/terraform.tfstate"), false, "other.bucket", ""},
		{"gcs", gcs(prod, "app"), object(event.GCS, "app/prod.tfstate"), true, "object.key", ""},
		{"gcs, slashes", gcs(prod, "/app/"), object(event.GCS, "app/prod.tfstate"), true, "object.key", ""},
		{"gcs, another environment", gcs(prod, "app"), object(event.GCS, "app/dev.tfstate"), false, "object.key", ""},
		{"gcs, any environment", gcs("", "app"), object(event.GCS, "app/dev.tfstate"), true, "object.key", ""},
		{"gcs, any environment, no prefix", gcs("", ""), object(event.GCS, "dev.tfstate"), true, "object.key", ""},
		{"gcs, any environment, deeper", gcs("", "app"), object(event.GCS, "app/x/dev.tfstate"), false, "object.key", ""},
		{"gcs, a lock", gcs("", "app"), object(event.GCS, "app/dev.tflock"), false, "object.key", ""},
		{"azurerm", `{` + prod + azure, blob("appenv:prod"), true, "object.key", ""},
		{"azurerm, another environment", `{` + prod + azure, blob("appenv:dev"), false, "object.key", ""},
		{"azurerm, any environment", `{` + azure, blob("appenv:dev"), true, "object.key", ""},
		{"azurerm, the default environment", `{"env_name":"default",` + azure, blob("app"), true, "object.key", ""},
		{"azurerm, needless slashes", `{` + prod + strings.Replace(azure, `"app"`, `"x//app"`, 1), blob("x//appenv:prod"), true, "object.key", ""},
		{"azurerm, another container", `{` + prod + azure, object(event.Azure, "appenv:prod"), false, "other.bucket", ""},
		{"storage", legacy, object(event.S3, "tf/prod.tfstate"), true, "object.key", "below bucket_path"},
		{"storage, another folder", legacy, object(event.S3, "x/prod.tfstate"), false, "object.key", ""},
		{"storage, a plan", legacy, object(event.S3, "tf/prod.plan"), false, "object.key", ""},
		{"storage, path unresolved", `{"storage":{"bucket":"builds","bucket_path":"((p))"}}`, object(event.S3, "x"), true, "uncertain.var", "bucket_path is ((p))"},
		{"migrated", `{` + migrated, object(event.S3, "old/prod.tfstate"), true, "object.key", ""},
		{"migrated, the backend", `{` + migrated, event.ObjectCreated{Store: event.GCS, Bucket: "states", Key: "prod.tfstate"}, true, "object.key", ""},
		{"a push", s3(prod, ""), push("refs/heads/main", "a"), false, "other.kind", ""},
	})
}

func TestAzureBlobstore(t *testing.T) {
	t.Parallel()
	of := func(rest string) string { return `{"storage_account_name":"acme","container":"builds",` + rest + `}` }
	blob := func(key string) event.ObjectCreated {
		return event.ObjectCreated{Store: event.Azure, Bucket: "acme/builds", Key: key}
	}
	decide(t, "azure-blobstore", []row{
		{"regexp", of(`"regexp":"app-(.*).tgz"`), blob("x/app-1.tgz.sig"), true, "object.regexp", "matches regexp"},
		{"another name", of(`"regexp":"^app-(.*).tgz$"`), blob("x/app-1.tgz"), false, "object.regexp", "does not match"},
		{"versioned_file", of(`"versioned_file":"state.json"`), blob("state.json"), true, "object.key", ""},
		{"another file", of(`"versioned_file":"state.json"`), blob("state.yml"), false, "object.key", ""},
		{"both, where versioned_file wins", of(`"versioned_file":"state.json","regexp":"(.*)"`), blob("x"), false, "object.key", ""},
		{"regexp unresolved", of(`"regexp":"((r))"`), blob("x"), true, "uncertain.var", ""},
		{"account unresolved", `{"storage_account_name":"((a))","container":"builds","regexp":"(.*)"}`, blob("x"), true, "object.regexp", ""},
		{"another account", `{"storage_account_name":"other","container":"builds","regexp":"(.*)"}`, blob("x"), false, "other.bucket", ""},
		{"another store", of(`"regexp":"(.*)"`), event.ObjectCreated{Store: event.S3, Bucket: "acme/builds", Key: "x"}, false, "other.bucket", "another store (s3)"},
	})
}
