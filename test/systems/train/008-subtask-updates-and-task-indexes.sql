UPDATE api_requests AS child
   SET conversation_id = (
           SELECT parent.conversation_id FROM api_requests parent
            WHERE parent.request_id = child.parent_task_request_id)
 WHERE child.is_subtask = 1 AND child.parent_task_request_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS idx_requests_task_invocation
    ON api_requests(request_id) WHERE task_tool_invocation IS NOT NULL;
