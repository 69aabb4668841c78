package main

// runs are the rows of the table, in order.
var runs = []run{
	{"faults", "pushes of 100 repositories one by one, an ATC that fails 30% of the posts in all ways", faultsOneByOne, false},
	{"faults-at-rate", "the same at 200/s on 20 repositories", faultsAtRate, false},
	{"faults-in-scopes", "the same at 100/s, 5 resources of each repository in one scope", faultsInScopes, false},
	{"outage", "the same at 100/s, with an outage of 60 s: the port is closed, then a proxy answers 404", outage, false},
	{"kills", "the same at 100/s, the server killed 20 times", kills, false},
	{"one-repository", "100 pushes of one repository in 5 s, an ATC that takes 500 ms", oneRepository, true},
	{"hang", "200/s for 30 s while the ATC hangs, which then comes back", hangs, true},
	{"flood", "2,000 requests/s for 60 s, half of them invalid", flood, true},
	{"large-bodies", "40 senders of unsigned bodies of 24 MiB, and signed pushes of 25 KB meanwhile", largeBodies, true},
	{"slow-bodies", "the same, sent slowly", slowBodies, true},
	{"steady", "100/s for 10 min, with a new config each 10 s", steady, false},
	{"queue-faults", "4,000 SQS messages, an ATC that fails 30% of the posts in all ways", queueFaults, false},
	{"queue-outage", "1,000 SQS messages, an outage of 2 min at a visibility of 12 s (for 10 min at 60 s)", queueOutage, false},
	{"queue-kills", "2,000 SQS messages, 30% faults, functions killed 20 times", queueKills, false},
	{"queue-neighbours", "60 SQS messages, 3 of resources whose checks hang", queueNeighbours, false},
	{"queue-one-resource", "10 SQS messages of one resource in one batch", queueOneResource, false},
	{"webhook-hang", "the webhook function with time-outs of 3, 10 and 60 s while the ATC hangs, which then comes back", webhookHang, true},
	{"sync-kills", "a sync to a file killed 100 times, each time with 5 more resources", syncKillsFile, false},
	{"sync-kills-s3", "the same in S3", syncKillsS3, false},
}
