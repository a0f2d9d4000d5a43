<?php

// The SDK without Composer's autoloader, and what Debian's packages bring.

declare(strict_types=1);

spl_autoload_register(static function (string $class): void {
    foreach (['Atrium\\SDK\\Tests\\' => __DIR__, 'Atrium\\SDK\\' => __DIR__ . '/../src'] as $prefix => $folder) {
        $file = $folder . '/' . str_replace('\\', '/', substr($class, strlen($prefix))) . '.php';
        if (str_starts_with($class, $prefix) && is_file($file)) {
            require $file;
            return;
        }
    }
});
if (is_file('/usr/share/php/GuzzleHttp/autoload.php')) {
    require '/usr/share/php/GuzzleHttp/autoload.php';
}
