# Belongs to the case "asset".
printf 'Hello, %s!\n' "$1"
