CREATE INDEX IF NOT EXISTS idx_requests_response_type
    ON api_requests(json_extract(response_body, '$.type'))
 WHERE json_valid(response_body);
