// How src/gen is made of the contract: `npm run generate`.
import { defineConfig } from '@hey-api/openapi-ts';

export default defineConfig({
  input: '../../openapi.yaml',
  output: {
    path: 'src/gen',
    // Browsers and Node resolve imports of ES modules by their full name.
    importFileExtension: '.js',
  },
  logs: { file: false },
  // The fetch client is copied into src/gen: the package needs no other.
  // No address of its own: a caller who gives none must not send a password to one.
  plugins: [{ name: '@hey-api/client-fetch', baseUrl: false }, '@hey-api/typescript', '@hey-api/sdk'],
});
