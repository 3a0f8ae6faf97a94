"""Pages of the review: the queue, a case, and the requests themselves."""
