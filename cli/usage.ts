export const USAGE = `Usage: agentos-gateway [command] [options]

Commands
  start   serve (the default); without --config an embedded demo
  check   validate the config and dial every upstream; exit code 1 when something is wrong

Options
  -c, --config FILE   YAML or JSON configuration
      --host HOST     address to listen on, instead of the config's
  -p, --port N        port to listen on, instead of the config's; 0 picks a free one
      --json          print results of check as JSON
  -v, --version       print the version
  -h, --help          print this

Exit codes: 0 fine, 1 failed, 64 wrong arguments, 78 wrong configuration`
