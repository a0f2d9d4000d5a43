<?php

// A webhook receiver for PHP's built-in server: believes only what is signed, and notes it in a file.

declare(strict_types=1);

require __DIR__ . '/bootstrap.php';

$secret = (string) file_get_contents(getenv('STORY_FOLDER') . '/secret');
$event = Atrium\SDK\Webhooks::verify((string) file_get_contents('php://input'), getallheaders(), $secret);
file_put_contents(getenv('STORY_FOLDER') . '/arrived', json_encode($event) . "\n", FILE_APPEND | LOCK_EX);
http_response_code(204);
