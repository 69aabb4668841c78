package retry

// What follows are requests and answers of SQS's JSON protocol, with the fields that are used here
// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference).

// batchRequest is the request of SendMessageBatch and ChangeMessageVisibilityBatch.
type batchRequest struct {
	QueueURL string `json:"QueueUrl"`
	Entries  []entry
}

type entry struct {
	ID                string `json:"Id"`
	MessageBody       string `json:",omitempty"`
	ReceiptHandle     string `json:",omitempty"`
	VisibilityTimeout *int32 `json:",omitempty"` // in seconds
}

// batchAnswer is the answer to both.
type batchAnswer struct {
	Successful []struct {
		ID string `json:"Id"`
	}
	Failed []struct {
		Code        string
		SenderFault bool
	}
}

type receiveRequest struct {
	QueueURL                                                string `json:"QueueUrl"`
	MaxNumberOfMessages, VisibilityTimeout, WaitTimeSeconds int32
}

type receiveAnswer struct{ Messages []message }

type message struct {
	MessageID           string `json:"MessageId"`
	ReceiptHandle, Body string
}

type deleteRequest struct {
	QueueURL      string `json:"QueueUrl"`
	ReceiptHandle string
}
