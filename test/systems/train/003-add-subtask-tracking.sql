ALTER TABLE api_requests ADD COLUMN IF NOT EXISTS parent_task_request_id TEXT
    REFERENCES api_requests(request_id);
ALTER TABLE api_requests ADD COLUMN IF NOT EXISTS is_subtask INTEGER DEFAULT 0;
ALTER TABLE api_requests ADD COLUMN IF NOT EXISTS task_tool_invocation TEXT;

UPDATE api_requests AS child
   SET is_subtask = 1,
       parent_task_request_id = (
           SELECT parent.request_id FROM api_requests parent
            WHERE parent.response_body LIKE '%"name":"Task"%'
              AND parent.timestamp < child.timestamp
            ORDER BY parent.timestamp DESC LIMIT 1)
 WHERE child.request_body LIKE '%subtask%';
