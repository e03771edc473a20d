"""Agno's own gateway: an AgentOS whose agent is a RemoteAgent. Arguments: upstream URL, port."""

import sys

import uvicorn
from agno.agent.remote import RemoteAgent
from agno.os import AgentOS

upstream, port = sys.argv[1], int(sys.argv[2])
agent_os = AgentOS(id="agno-gateway", agents=[RemoteAgent(base_url=upstream, agent_id="bench")], telemetry=False)
uvicorn.run(
    agent_os.get_app(),
    host="127.0.0.1",
    port=port,
    loop="uvloop",
    http="httptools",
    log_level="critical",
    access_log=False,
    backlog=4096,
)
