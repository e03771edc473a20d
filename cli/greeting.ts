/** What someone who just typed `npm start` wants to see. */

/** @param url where the gateway listens */
export function greeting(url: string): string {
  return `
AgentOS Gateway with two demo AgentOS behind it: ${url}

  curl ${url}/agents
  curl ${url}/agents/echo/runs -d 'message=hello' -d 'stream=false'
  curl -N ${url}/agents/slow/runs -d 'message=count to 20'

Name your own AgentOS in a file and start with: npm start -- --config gateway.yaml

`
}
