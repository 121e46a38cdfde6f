# How the web server is started by hand.
docker run --detach --cap-drop ALL \
    --cap-add NET_BIND_SERVICE --cap-add cap_kill \
    --user 1000 --security-opt no-new-privileges \
    example/web --port 80
