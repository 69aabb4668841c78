package resource

import (
	"slices"
	"strings"
)

// image is what is known of one image of a resource type.
type image struct {
	// name is the last two segments of the image's repository, in lower case.
	name string
	kind Kind
	// is the type whose rules it follows, where it is served.
	is string
	// why there is no event, where it is eventless.
	why string
	// source is where the resource's code is.
	source string
}

func served(name, is, source string) image     { return image{name, Served, is, "", source} }
func clock(name, source string) image          { return image{name, Clock, "", "", source} }
func eventless(name, why, source string) image { return image{name, Eventless, "", why, source} }
func putOnly(name, source string) image        { return image{name, PutOnly, "", "", source} }

// images are the well-known ones: those of the catalogue at https://github.com/concourse/resource-types, and others that
// public pipelines use. Where several have one last segment, the first of them says what a fork of that name is.
var images = []image{
	served("concourse/git-resource", "git", "https://github.com/concourse/git-resource"),
	served("concourse/s3-resource", "s3", "https://github.com/concourse/s3-resource"),
	served("concourse/semver-resource", "semver", "https://github.com/concourse/semver-resource"),
	served("concourse/registry-image-resource", "registry-image", "https://github.com/concourse/registry-image-resource"),
	served("concourse/docker-image-resource", "docker-image", "https://github.com/concourse/docker-image-resource"),
	served("concourse/github-release-resource", "github-release", "https://github.com/concourse/github-release-resource"),
	served("concourse/pool-resource", "pool", "https://github.com/concourse/pool-resource"),
	served("concourse/gcs-resource", "gcs", "https://github.com/frodenas/gcs-resource"),
	served("frodenas/gcs-resource", "gcs", "https://github.com/frodenas/gcs-resource"),
	served("teliaoss/github-pr-resource", "pull-request", "https://github.com/telia-oss/github-pr-resource"),
	served("telia-oss/github-pr-resource", "pull-request", "https://github.com/telia-oss/github-pr-resource"),
	served("itsdalmo/github-pr-resource", "pull-request", "https://github.com/itsdalmo/github-pr-resource"),
	served("cfcommunity/github-pr-resource", "pull-request", "https://github.com/cloudfoundry-community/github-pr-resource"),
	served("digitalocean/github-pr-resource", "digitalocean-pull-request", "https://github.com/digitalocean/github-pr-resource"),
	served("aoldershaw/github-prs-resource", "prlist", "https://github.com/aoldershaw/github-pr-resource"),
	served("aoldershaw/github-pr-resource", "pr", "https://github.com/aoldershaw/github-pr-resource"),
	served("dpb587/github-status-resource", "github-status", "https://github.com/dpb587/github-status-resource"),
	served("ljfranklin/terraform-resource", "terraform", "https://github.com/ljfranklin/terraform-resource"),
	served("pcfabr/azure-blobstore-resource", "azure-blobstore", "https://github.com/pivotal-cf/azure-blobstore-resource"),
	served("czero/azure-blobstore-resource", "azure-blobstore", "https://github.com/pivotal-cf/azure-blobstore-resource"),
	served("dpb587/bosh-release-resource", "bosh-release", "https://github.com/dpb587/bosh-release-resource"),
	served("dpb587/metalink-repository-resource", "metalink-repository", "https://github.com/dpb587/metalink-repository-resource"),
	served("cfcommunity/git-multibranch-resource", "git-multibranch", "https://github.com/cloudfoundry-community/git-multibranch-resource"),
	served("cloudoperators/concourse-oci-helm-chart-resource", "oci-helm-chart", "https://github.com/cloudoperators/concourse-oci-helm-chart-resource"),
	served("dnastack/concourse-oci-helm-chart-resource", "oci-helm-chart", "https://github.com/DNAstack/concourse-oci-helm-chart-resource"),
	served("springio/artifactory-resource", "artifactory", "https://github.com/spring-io/artifactory-resource"),
	served("pivotalservices/artifactory-resource", "artifactory", "https://github.com/pivotalservices/artifactory-resource"),
	served("jtarchie/pr", "jtarchie-pull-request", "https://github.com/jtarchie/github-pullrequest-resource"),
	served("jtarchie/github-pullrequest-resource", "jtarchie-pull-request", "https://github.com/jtarchie/github-pullrequest-resource"),
	served("pixelairio/github-resource", "pixelair-github", "https://github.com/PixelAirIO/github-resource"),
	served("samcontesse/gitlab-merge-request-resource", "gitlab-merge-request", "https://github.com/samcontesse/gitlab-merge-request-resource"),
	served("mastertinner/gitlab-merge-request-resource", "gitlab-merge-request", "https://github.com/swisscom/gitlab-merge-request-resource"),
	served("swisscom/gitlab-merge-request-resource", "gitlab-merge-request", "https://github.com/swisscom/gitlab-merge-request-resource"),

	clock("concourse/time-resource", "https://github.com/concourse/time-resource"),
	clock("cftoolsmiths/cron-resource", "https://github.com/vmware-archive/cron-resource"),
	clock("pcfseceng/cron-resource", "https://github.com/vmware-archive/cron-resource"),
	clock("swce/metadata-resource", "https://github.com/SWCE/metadata-resource"),

	eventless("concourse/bosh-io-release-resource", "bosh.io tells nobody of a new release", "https://github.com/concourse/bosh-io-release-resource"),
	eventless("concourse/bosh-io-stemcell-resource", "bosh.io tells nobody of a new stemcell", "https://github.com/concourse/bosh-io-stemcell-resource"),
	eventless("pivotalcf/pivnet-resource", "the product network tells nobody of a new release", "https://github.com/pivotal-cf/pivnet-resource"),
	eventless("cloudfoundry/bosh-deployment-resource", "a BOSH director tells nobody of a deployment", "https://github.com/cloudfoundry/bosh-deployment-resource"),
	eventless("cfcommunity/bosh-config-resource", "a BOSH director tells nobody of a config", "https://github.com/cloudfoundry-community/bosh-config-resource"),
	eventless("concourse/concourse-pipeline-resource", "Concourse tells nobody of a pipeline that was set", "https://github.com/concourse/concourse-pipeline-resource"),
	eventless("concourse/datadog-event-resource", "its versions are Datadog's own event stream", "https://github.com/concourse/datadog-event-resource"),
	eventless("concourse/hg-resource", "no provider of Mercurial repositories is known here", "https://github.com/concourse/hg-resource"),
	eventless("concourse/mock-resource", "its versions are in its source, or made up", "https://github.com/concourse/mock-resource"),
	eventless("ktchen14/static-resource", "its versions are in its source", "https://github.com/ktchen14/static-resource"),
	eventless("concourse/helm-chart-resource", "a chart repository is an index file that tells nobody of a new chart", "https://github.com/linkyard/helm-chart-resource"),
	eventless("linkyard/helm-chart-resource", "a chart repository is an index file that tells nobody of a new chart", "https://github.com/linkyard/helm-chart-resource"),
	eventless("jghiloni/helm-chart-resource", "a chart repository is an index file that tells nobody of a new chart", "https://github.com/jghiloni/helm-chart-resource"),
	eventless("redfactorlabs/concourse-smuggler-resource", "a command of the source finds the versions", "https://github.com/redfactorlabs/concourse-smuggler-resource"),
	eventless("concourse/archive-resource", "a web page tells nobody of a change", "https://github.com/concourse/archive-resource"),
	eventless("idahobean/npm-resource", "an npm registry tells nobody of a new version", "https://github.com/idahobean/npm-resource"),
	eventless("cathive/concourse-chartmuseum-resource", "ChartMuseum tells nobody of a new chart", "https://github.com/cathive/concourse-chartmuseum-resource"),
	eventless("hdisysteme/artifacthub-resource", "Artifact Hub's own webhooks are not read here", "https://github.com/hdisysteme/artifacthub-resource"),
	eventless("linkyard/concourse-helm-resource", "a Kubernetes cluster tells nobody of a release", "https://github.com/linkyard/concourse-helm-resource"),
	eventless("typositoire/concourse-helm3-resource", "a Kubernetes cluster tells nobody of a release", "https://github.com/Typositoire/concourse-helm3-resource"),
	eventless("jgriff/k8s-resource", "a Kubernetes cluster tells nobody of a change", "https://github.com/jgriff/k8s-resource"),
	eventless("jcderr/concourse-kubernetes-resource", "a Kubernetes cluster tells nobody of another image", "https://github.com/jcderr/concourse-kubernetes-resource"),
	eventless("srinivasavasu/concourse-k8s", "a Kubernetes cluster tells nobody of another image", "https://github.com/srinivasa-vasu/concourse-k8s"),
	eventless("ckaznocha/marathon-resource", "Marathon's own events are not read here", "https://github.com/ckaznocha/marathon-resource"),
	eventless("cftoolsmiths/toolsmiths-envs-resource", "the pool of environments tells nobody of a claim", "https://github.com/pivotal/toolsmiths-envs-resource"),
	eventless("apachegeodeci/gce-instances-resource", "Compute Engine's list of instances tells nobody of a change", "https://github.com/apache/geode/tree/develop/ci/resource-types/gce-instances-resource"),
	eventless("starkandwayne/hashicorp-release-resource", "HashiCorp's list of releases tells nobody of a new one", "https://github.com/starkandwayne/hashicorp-release-resource"),
	eventless("dpb587/dynamic-metalink-resource", "a command of the source finds the versions", "https://github.com/dpb587/dynamic-metalink-resource"),
	eventless("18fgsa/cg-common-resource", "it reads files whose names the source does not tell", "https://github.com/cloud-gov/cg-common-resource"),
	eventless("mastertinner/apache-directory-index-resource", "a web server's index tells nobody of a new file", "https://github.com/cloudlena/apache-directory-index-resource"),
	eventless("gstack/openssl-source-code-resource", "a web server's index tells nobody of a new file", "https://github.com/gstackio/openssl-source-code-resource"),
	eventless("jgriff/http-resource", "a web page tells nobody of a change", "https://github.com/jgriff/http-resource"),
	eventless("qudini/concourse-http-jq-resource", "a web page tells nobody of a change", "https://github.com/qudini/concourse-http-jq-resource"),
	eventless("suhlig/concourse-rss-resource", "a feed tells nobody of a new item", "https://github.com/suhlig/concourse-rss-resource"),
	eventless("coralogix/eng-concourse-resource-dhall", "a web page tells nobody of a change", "https://github.com/coralogix/eng-concourse-resource-dhall"),
	eventless("coralogix/concourse-resource-github-list-repos", "the list of an organisation's repositories is not read here", "https://github.com/coralogix/eng-concourse-resource-github-list-repos"),
	eventless("avalos/fossil-concourse-resource", "no provider of Fossil repositories is known here", "https://fossil.avalos.me/fossil-concourse"),
	eventless("mkorpershoek/repo-resource", "its manifest names the repositories, and the source does not", "https://github.com/makohoek/repo-resource"),
	eventless("ansd/lastpass", "LastPass tells nobody of a changed item", "https://github.com/ansd/lastpass-resource"),
	eventless("tenjaa/concourse-phraseapp-resource", "Phrase's own webhooks are not read here", "https://github.com/tenjaa/concourse-phraseapp-resource"),
	eventless("cathive/concourse-sonarqube-resource", "SonarQube's own webhooks are not read here", "https://github.com/cathive/concourse-sonarqube-resource"),
	eventless("lgohr/sonarqube", "SonarQube's own webhooks are not read here", "https://github.com/elgohr/concourse-sonarqube-notifier"),
	eventless("rubenv/concourse-sentry-releases-resource", "Sentry's own webhooks are not read here", "https://github.com/rubenv/concourse-sentry-releases-resource"),
	eventless("lgohr/blackduck-resource", "Black Duck's own webhooks are not read here", "https://github.com/elgohr/concourse-blackduck"),
	eventless("nulldriver/maven-resource", "a Maven repository tells nobody of a new version", "https://github.com/nulldriver/maven-resource"),
	eventless("troykinsella/concourse-rubygems-resource", "rubygems.org's own webhooks are not read here", "https://github.com/troykinsella/concourse-rubygems-resource"),
	eventless("cfplatformeng/concourse-pypi-resource", "a Python package index tells nobody of a new version", "https://github.com/cf-platform-eng/concourse-pypi-resource"),
	eventless("timotto/concourse-npm-resource", "an npm registry tells nobody of a new version", "https://github.com/timotto/concourse-npm-resource"),
	eventless("orstensemantics/concourse-tfe-resource", "Terraform Cloud's own notifications are not read here", "https://github.com/orstensemantics/concourse-tfe-resource"),
	eventless("ringods/pulumi-resource", "Pulumi's own webhooks are not read here", "https://github.com/ringods/pulumi-resource"),
	eventless("clapclapexcitement/concourse-consul-kv-resource", "Consul tells nobody of a changed value", "https://github.com/mdb/concourse-consul-kv-resource"),
	eventless("cludden/concourse-steampipe-resource", "a query of the source finds the versions", "https://github.com/cludden/concourse-steampipe-resource"),

	putOnly("cfcommunity/slack-notification-resource", "https://github.com/cloudfoundry-community/slack-notification-resource"),
	putOnly("arbourd/concourse-slack-alert-resource", "https://github.com/arbourd/concourse-slack-alert-resource"),
	putOnly("mockersf/concourse-slack-notifier", "https://github.com/mockersf/concourse-slack-notifier"),
	putOnly("concourse/cf-resource", "https://github.com/cloudfoundry-community/cf-resource"),
	putOnly("nulldriver/cf-cli-resource", "https://github.com/nulldriver/cf-cli-resource"),
	putOnly("pix4d/cogito", "https://github.com/Pix4D/cogito"),
	putOnly("pcfseceng/email-resource", "https://github.com/pivotal-cf/email-resource"),
	putOnly("mdomke/concourse-email-resource", "https://github.com/mdomke/concourse-email-resource"),
	putOnly("huntprod/shout-resource", "https://github.com/jhunt/shout-resource"),
	putOnly("aequitas/http-api-resource", "https://github.com/aequitas/concourse-http-api-resource"),
	putOnly("concourse/tracker-resource", "https://github.com/concourse/tracker-resource"),
	putOnly("michaellihs/rocket-notify-resource", "https://github.com/michaellihs/rocketchat-notification-resource"),
	putOnly("navicore/teams-notification-resource", "https://github.com/navicore/teams-notification-resource"),
	putOnly("dockerhuangyisan/wechat-notification-resource", "https://github.com/huangyisan/wechat_notification_resource"),
	putOnly("jgriff/hipchat-notification-resource", "https://github.com/jgriff/hipchat-notification-resource"),
	putOnly("flavorjones/irc-notification-resource", "https://github.com/flavorjones/irc-notification-resource"),
	putOnly("flavorjones/webhook-notification-resource", "https://github.com/flavorjones/webhook-notification-resource"),
	putOnly("haiku/irccat-resource", "https://github.com/haiku/irccat-resource"),
	putOnly("gdsre/grafana-annotation-resource", "https://github.com/alphagov/paas-grafana-annotation-resource"),
	putOnly("coralogix/eng-coralogix-event-resource", "https://github.com/coralogix/eng-concourse-resource-coralogix-event"),
	putOnly("coralogix/eng-concourse-resource-pagerduty-incident", "https://github.com/coralogix/eng-concourse-resource-pagerduty-incident"),
	putOnly("dcsg/datetime-version-resource", "https://github.com/dcsg/datetime-version-resource"),
	putOnly("dcsg/bugsnag-build-resource", "https://github.com/dcsg/bugsnag-build-resource"),
	putOnly("shyamz22/newrelic-resource", "https://github.com/shyamz-22/newrelic-deployment-resource"),
	putOnly("michaellihs/prometheus-pushgateway-resource", "https://github.com/michaellihs/prometheus-pushgateway-resource"),
	putOnly("tanzu/observability-event-resource", "https://github.com/vmware-tanzu/observability-event-resource"),
	putOnly("shyxormz/bitbucket-build-status-resource", "https://github.com/SHyx0rmZ/bitbucket-build-status-resource"),
	putOnly("shyxormz/capistrano-resource", "https://github.com/SHyx0rmZ/capistrano-resource"),
	putOnly("jmkarthik/concourse-kubectl-resource", "https://github.com/jmkarthik/concourse-kubectl-resource"),
	putOnly("zlabjp/kubernetes-resource", "https://github.com/zlabjp/kubernetes-resource"),
	putOnly("mamercad/concourse-awx-resource", "https://github.com/mamercad/concourse-awx-resource"),
	putOnly("troykinsella/concourse-ansible-playbook-resource", "https://github.com/troykinsella/concourse-ansible-playbook-resource"),
	putOnly("troykinsella/concourse-docker-compose-resource", "https://github.com/troykinsella/concourse-docker-compose-resource"),
	putOnly("troykinsella/concourse-fly-resource", "https://github.com/troykinsella/concourse-fly-resource"),
	putOnly("tomoyukim/concourse-appcenter-resource", "https://github.com/tomoyukim/concourse-appcenter-resource"),
	putOnly("concourse-vra-resource/concourse-vra-resource", "https://github.com/vmware-archive/concourse-vrealize-automation-resource"),
	putOnly("18fgsa/s3-resource-simple", "https://github.com/18F/s3-resource-simple"),
	putOnly("mitodl/concourse-s3-sync-resource", "https://github.com/mitodl/concourse-s3-sync-resource"),
	putOnly("mitodl/concourse-rclone-resource", "https://github.com/mitodl/concourse-rclone-resource"),
	putOnly("sothr/concourse-rclone-resource", "https://github.com/warricksothr/concourse-rclone-resource"),
	putOnly("pixelairio/metadata-resource", "https://github.com/PixelAirIO/metadata-resource"),
	putOnly("gstack/keyval-resource", "https://github.com/gstackio/keyval-resource"),
	putOnly("cludden/concourse-keyval-resource", "https://github.com/cludden/concourse-keyval-resource"),
}

// baseTypes are the types that come with Concourse, now or in earlier releases, and the images that they are
// (https://concourse-ci.org/docs/resource-types/).
var baseTypes = map[string]string{
	"git": "concourse/git-resource", "s3": "concourse/s3-resource", "semver": "concourse/semver-resource", "pool": "concourse/pool-resource",
	"registry-image": "concourse/registry-image-resource", "docker-image": "concourse/docker-image-resource",
	"github-release": "concourse/github-release-resource", "gcs": "frodenas/gcs-resource",
	"time": "concourse/time-resource", "bosh-io-release": "concourse/bosh-io-release-resource",
	"bosh-io-stemcell": "concourse/bosh-io-stemcell-resource", "bosh-deployment": "cloudfoundry/bosh-deployment-resource",
	"hg": "concourse/hg-resource", "mock": "concourse/mock-resource", "datadog-event": "concourse/datadog-event-resource",
	"tracker": "concourse/tracker-resource", "cf": "concourse/cf-resource",
}

// byImage finds an image by the last two segments of its repository; byLastSegment by the last, which a fork or a mirror keeps. A
// last segment counts only if it is of the form TYPE-resource: another may be anybody's.
var byImage, byLastSegment = indexImages()

func indexImages() (byImage, byLastSegment map[string]image) {
	byImage, byLastSegment = make(map[string]image, len(images)), make(map[string]image, len(images))
	for _, i := range images {
		byImage[i.name] = i
		last := lastSegment(i.name)
		if _, taken := byLastSegment[last]; !taken && strings.HasSuffix(last, "-resource") {
			byLastSegment[last] = i
		}
	}
	return byImage, byLastSegment
}

func lastSegment(image string) string { return image[strings.LastIndexByte(image, '/')+1:] }

// Images are the well-known images of a type, in order, by the last two segments of their repositories.
func Images(typeName string) []string {
	var of []string
	for _, i := range images {
		if i.is == typeName {
			of = append(of, i.name)
		}
	}
	slices.Sort(of)
	return of
}

// BuiltIn reports whether a type comes with Concourse, so that a pipeline needs no declaration of it.
func BuiltIn(typeName string) bool {
	image, ok := baseTypes[typeName]
	return ok && byImage[image].is == typeName
}
