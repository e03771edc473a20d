/** What someone who just typed `npm start` wants to see. */

/** @param listening where the gateway listens; all interfaces are shown as `localhost` */
export function greeting(listening: string): string {
  const url = listening.replace(/\/\/(0\.0\.0\.0|\[::\]):/, '//localhost:')
  return `
AgentOS Gateway with two demo AgentOS behind it: ${url}

  curl ${url}/agents
  curl ${url}/agents/echo/runs -d 'message=hello' -d 'stream=false'
  curl -N ${url}/agents/slow/runs -d 'message=count to 20'

Name your own AgentOS in a file and start with: npm start -- --config gateway.yaml

`
}
